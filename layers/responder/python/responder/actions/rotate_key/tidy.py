"""After an execution that died within a rotation: removes AWSPENDING from the versions that it left."""

import json
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.rotate_key.rotation import open_rotation
from responder.domain.clock import now

logger = Logger()


def tidy_after(detail: dict[str, Any]) -> dict[str, Any]:
    """Tidies what was written before the execution ended: the next execution may already be at work.

    `detail`: of the event `Step Functions Execution Status Change`. → `{"tidied": [version ids]}`.
    """
    try:
        given = json.loads(detail.get("input") or "{}")
    except ValueError:
        given = {}
    incident_id = given.get("incident_id") if isinstance(given, dict) else None
    incident_id = incident_id or str(detail.get("name", ""))
    try:
        rotation = open_rotation({"incident_id": incident_id})
    except LookupError:
        logger.info("nothing to tidy: that execution belongs to no known incident", extra={"incident_id": incident_id})
        return {"tidied": []}
    stopped = detail.get("stopDate")
    ended = datetime.fromtimestamp(stopped / 1000, UTC) if stopped else now()
    tidied = rotation.tidy(until=ended)
    for version in tidied:
        text = f"The rotation was cut off: the new key (version {version}) is withdrawn, and was never in force."
        rotation.ctx.record("action_outcome", text, key=f"tidied-{version}", action="rotate", version_id=version)
    return {"tidied": tidied}


def why_not_served(event: dict[str, Any]) -> str:
    """A sentence for a call by Secrets Manager's own schedule, which has the same steps but no incident and no gate."""
    steps = ("createSecret", "setSecret", "testSecret", "finishSecret")
    if event.get("Step") not in steps:
        return f"Step must be one of {', '.join(steps)}; nothing was touched"
    return (
        f"{event['Step']} was called by Secrets Manager, whose own rotation schedule is not served: a rotation belongs "
        "to an incident here. Nothing was touched. Remove the schedule with cancel-rotate-secret, and take AWSPENDING "
        "off the version that RotateSecret has made, or the next rotation finds it in its way "
        "(docs/tasks/rotation-stuck.md)"
    )

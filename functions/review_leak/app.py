"""Every five minutes: does what is due about leaked keys, also after their incidents are closed."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.rotate_key.leak_review import look, review
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.aws.metrics import count
from responder.aws.parameters import runbook_in_force
from responder.config.settings import settings
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.leaked_key import LeakedKey, due

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event → `{"reviewed": [fingerprints], "failed": [fingerprints]}`. An error with one leak stops no other.

    `{"incident_id"}`: a person wants to know now who read the key. `{"execution_number"}`: the workflow calls, once the
    service works with another key. Then TwinMind is asked now, but the access log, which may have many pages, is left
    to the schedule.
    """
    integration = runbook_in_force(settings().runbook_parameter).runbook.integration
    leaks = LeakedKeyTable(settings().table_name, integration).all()
    wanted, at = event.get("incident_id"), now()
    is_workflow = "execution_number" in event
    open_or_due = [leak for leak in leaks if (not leak.ended_at if is_workflow else due(leak, at))]
    chosen = [leak for leak in leaks if wanted in leak.incident_ids] if wanted else open_or_due
    act = _ask_now if wanted else _settle if is_workflow else review
    failed = [leak.short for leak in chosen if not _look_after(leak, at, act)]
    if failed:
        count("LeakReviewFailed", len(failed))
    return {"reviewed": [leak.short for leak in chosen if leak.short not in failed], "failed": failed}


def _look_after(leak: LeakedKey, at: datetime, act: Callable[[IncidentContext, LeakedKey, datetime], object]) -> bool:
    try:
        return act(open_context({"incident_id": leak.incident_id}), leak, at) is not False
    except Exception:
        logger.exception("a leak could not be looked after", extra={"incident_id": leak.incident_id})
        return False


def _ask_now(ctx: IncidentContext, leak: LeakedKey, at: datetime) -> bool:
    return look(ctx, leak, at, name=f"{at:%m%dT%H%M}")


def _settle(ctx: IncidentContext, leak: LeakedKey, at: datetime) -> LeakedKey:
    return review(ctx, leak, at, from_workflow=True)

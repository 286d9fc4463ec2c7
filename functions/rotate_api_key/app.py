"""One step of a key rotation: stage, check, test, promote, or put the old key back."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.rotate import rotate
from responder.actions.rotation import Rotation
from responder.adapters.desk import open_desk
from responder.adapters.versions import Versions

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "generation", "step", "version_id"?, "old_version_id"?}` →
    `{"outcome", "version_id", "old_version_id", "text"}`; the outcomes are those of responder.actions.rotate."""
    if "incident_id" not in event:
        raise ValueError(
            "this function is called by the workflow; Secrets Manager's own rotation schedule is not served"
        )
    desk = open_desk(event)
    rotation = Rotation(desk, Versions(desk.settings.twinmind_api_key_secret))
    outcome = rotate(rotation, event["step"], event.get("version_id"), event.get("old_version_id"))
    logger.info(event["step"], extra={"incident_id": desk.incident.id, **outcome})
    return outcome

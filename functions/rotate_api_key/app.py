"""One step of a key rotation: stage, check, test or promote a key, put the old one back, or tidy up."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.rotate_key.rotation import open_rotation
from responder.actions.rotate_key.steps import rotate
from responder.actions.rotate_key.tidy import tidy_after, why_not_served
from responder.aws.keep_warm import answers_keep_warm

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "step", "purpose"?: "contain", "version_id"?, "old_version_id"?}` →
    `{"outcome", "version_id", "old_version_id", "text"}`. responder.actions.rotate_key.steps lists the outcomes.

    An EventBridge event `Step Functions Execution Status Change` removes AWSPENDING after an execution that died.
    """
    if "SecretId" in event:
        raise ValueError(why_not_served(event))
    if "detail" in event:
        return tidy_after(event["detail"])
    if "incident_id" not in event or "step" not in event:
        raise ValueError('this function takes {"incident_id", "step"}; the workflow calls it')
    rotation = open_rotation(event)
    result = rotate(rotation, event["step"], event.get("version_id"), event.get("old_version_id"))
    outcome = result.model_dump(mode="json")
    logger.info(event["step"], extra={"incident_id": rotation.ctx.incident.id, **outcome})
    return outcome

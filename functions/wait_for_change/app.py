"""The function of the waiting states: stores the task token for the next event, or goes on at once if one came."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import incident_table
from responder.aws.step_functions import resume

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, bool]:
    """`{"incident_id", "seen_seq", "token"}`. It waits only if no event came after `seen_seq`."""
    parked = incident_table().store_wait_token(event["incident_id"], event["token"], int(event["seen_seq"]))
    if not parked:
        resume(event["token"])
    return {"parked": parked}

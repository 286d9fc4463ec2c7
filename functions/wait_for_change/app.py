"""The waiting states' function: leaves the task token where the next event finds it, or wakes at once if one came."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import IncidentTable
from responder.aws.step_functions import resume
from responder.config.settings import settings

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, bool]:
    """`{"incident_id", "seen_seq", "token"}`: sleeps only if nothing came after `seen_seq`."""
    parked = _table().store_wait_token(event["incident_id"], event["token"], int(event["seen_seq"]))
    if not parked:
        resume(event["token"])
    return {"parked": parked}


@cache
def _table() -> IncidentTable:
    return IncidentTable(settings().table_name)

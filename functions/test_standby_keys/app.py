"""Four times a day: tests whether the staged keys still work. Messages name a key by its place in the list."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.rotate_key.check_standby_keys import record_tests, try_staged, working
from responder.aws.metrics import count
from responder.aws.parameters import runbook_in_force
from responder.clients.http import Http
from responder.config.settings import settings

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event → `{"working": n or null, "keys": [{"place", "state"}]}`.

    `state`: works, refused, leaked, in_use or unknown. If `working` is null (unknown), no metric is written: another
    alarm rings if keys could not be tested for a day.
    """
    runbook = runbook_in_force(settings().runbook_parameter).runbook
    found = try_staged(settings(), runbook, _http())
    works = working(found)
    if works is not None:
        count("WorkingStandbyKeys", works)
    record_tests(settings(), runbook, found)
    keys = [{"place": one.place, "state": one.state} for one in found]
    logger.info("staged keys", extra={"working": works, "keys": keys})
    return {"working": works, "keys": keys}


@cache
def _http() -> Http:
    return Http()

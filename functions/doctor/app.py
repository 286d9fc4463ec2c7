"""Checks every setting that can be wrong, from the place where it is used. Runs daily, and for `responder doctor`."""

from typing import Any

from aws_lambda_powertools import Logger

from checks.run import examine, tell_what_is_new

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """→ `{"version", "checks": [{"name", "outcome": "ok" | "wrong" | "unknown" | "off", "text", "todo"}]}`.

    `{"tell": true}` also mails what has become wrong. It changes nothing, but asks PagerDuty to send a ping.
    """
    found = examine()
    if event.get("tell"):
        tell_what_is_new(found["checks"])
    logger.info("looked", extra={"wrong": [one["name"] for one in found["checks"] if one["outcome"] == "wrong"]})
    return found

"""Daily, and for `responder doctor`: looks at every setting that can be wrong, from where it is used."""

from typing import Any

from aws_lambda_powertools import Logger

from checks.run import examine, tell_what_is_new

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"tell": true}` mails what is wrong now and was not before → `{"version", "checks": [{"name", "outcome": "ok" |
    "wrong" | "unknown" | "off", "text", "todo"}]}`. Changes nothing but a ping that it asks PagerDuty for.
    """
    found = examine()
    if event.get("tell"):
        tell_what_is_new(found["checks"])
    logger.info("looked", extra={"wrong": [one["name"] for one in found["checks"] if one["outcome"] == "wrong"]})
    return found

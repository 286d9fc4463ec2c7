"""POST /slack/interactions: somebody pressed a button in Slack, of a plan or of the alert.

Slack waits 3 s, and a call to the pager takes longer. For such a call it answers and invokes itself with {"press": …}.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_lambda_powertools import Logger

from responder.contracts.source import Authenticity, Ignored, Malformed
from responder.domain.clock import now
from responder.integrations.slack import signature as slack_signature
from responder.integrations.slack.decision import decide
from responder.integrations.slack.interaction import interaction
from responder.webhooks.api_gateway import ProxyResponse, Sender, answer, checked_body

logger = Logger()
SLACK = Sender("slack", "UnauthenticatedSlackRequest")


def handler(event: dict[str, Any], context: Any) -> ProxyResponse | None:
    """A form that Slack has signed → 200. 401 or 400: Slack did not send it. 503: a retry may help."""
    logger.remove_keys(["incident_id", "task"])
    if passed_on := event.get("press"):
        from responder.integrations.slack.press import do_press  # noqa: PLC0415 - the answer to Slack needs no pager

        do_press(passed_on)
        return None
    body = checked_body(event, _signed_now, SLACK, again="press the button again")
    if not isinstance(body, bytes):
        return body
    found = interaction(body)
    if isinstance(found, Malformed | Ignored):
        logger.warning("nothing to decide", extra={"reason": found.reason})
        return answer(400 if isinstance(found, Malformed) else 200, {})
    logger.append_keys(incident_id=found.about.incident_id, task=getattr(found.about, "task", None))
    return decide(found, context.function_name)


def _signed_now(headers: Mapping[str, str], body: bytes, active: Sequence[str]) -> Authenticity:
    return slack_signature.authenticate(headers, body, active, now())

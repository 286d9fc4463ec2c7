"""POST /webhooks/{source}: authenticates, checks the scope, stores and answers. No more: PagerDuty waits only 5 s."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.keep_warm import answers_keep_warm
from responder.integrations.sources import SOURCES
from responder.webhooks.accept_alert import accept
from responder.webhooks.api_gateway import ProxyResponse, Sender, answer, checked_body

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> ProxyResponse:
    name = (event.get("pathParameters") or {}).get("source", "")
    logger.remove_keys(["incident_id", "event_type"])  # they are from the delivery before
    request = event.get("requestContext") or {}
    logger.append_keys(source=name if name in SOURCES else "unknown", request_id=str(request.get("requestId", "")))
    adapter = SOURCES.get(name)
    if adapter is None:
        return answer(404, {"error": f"unknown source; use one of {', '.join(sorted(SOURCES))}"})
    wrong = "WrongSignature" if adapter.addresses else "WrongToken"
    sender = Sender(adapter.name, "UnauthenticatedWebhook", wrong, adapter.addresses)
    body = checked_body(event, adapter.authenticate, sender, again="send it again")
    return accept(adapter, body, event.get("headers") or {}) if isinstance(body, bytes) else body

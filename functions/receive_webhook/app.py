"""POST /webhooks/{source}: authenticate, check the scope, store, answer. Nothing else: PagerDuty waits 5 s."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.keep_warm import answers_keep_warm
from responder.aws.metrics import count
from responder.aws.sqs import NotStored, store, store_ping
from responder.config.runbook import packaged
from responder.config.settings import settings
from responder.contracts.source import Ignored, Malformed, SourceAdapter
from responder.domain.alert import Alert
from responder.domain.clock import now
from responder.domain.ping import Ping
from responder.integrations.sources import SOURCES
from responder.webhooks.api_gateway import Response, answer, checked_body
from responder.webhooks.parsed_alert import parsed_alert

MAX_AGE = timedelta(hours=72)

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> Response:
    name = (event.get("pathParameters") or {}).get("source", "")
    logger.remove_keys(["incident_id", "event_type"])  # of the delivery that this process served before
    request = event.get("requestContext") or {}
    logger.append_keys(source=name if name in SOURCES else "unknown", request_id=str(request.get("requestId", "")))
    adapter = SOURCES.get(name)
    if adapter is None:
        return answer(404, {"error": f"unknown source; use one of {', '.join(sorted(SOURCES))}"})
    body = checked_body(event, adapter.authenticate, adapter.name, again="send it again")
    return _accept(adapter, body) if isinstance(body, bytes) else body


def _accept(adapter: SourceAdapter, body: bytes) -> Response:
    parsed = parsed_alert(adapter, body)
    if isinstance(parsed, Malformed):
        logger.warning("refused as malformed", extra={"reason": parsed.reason})
        return answer(400, {"error": parsed.reason})
    try:
        if isinstance(parsed, Ignored):
            if parsed.is_ping:
                store_ping(settings().queue_url, Ping(source=adapter.name, at=now()))
            return _ignored(parsed.reason, parsed.incident_id)
        return _store(parsed)
    except NotStored as error:
        logger.error("the queue did not take the delivery", extra={"error": str(error)})
        return answer(503, {"error": "cannot store the delivery now; send it again"})


def _store(alert: Alert) -> Response:
    logger.append_keys(incident_id=alert.incident_id, event_type=alert.event_type)
    if alert.odd:
        count("OddPayload")
        logger.warning("accepted although some fields look unlike the documentation", extra={"fields": alert.odd})
    if packaged().is_ours(alert) is False:
        count("OutOfScopeSender")
        return _ignored("not a configured service")
    if now() - alert.occurred_at > MAX_AGE:
        return _ignored("older than 72 h")
    store(settings().queue_url, alert)
    logger.info("stored")
    return answer(202, {"incident_id": alert.incident_id})


def _ignored(reason: str, incident_id: str | None = None) -> Response:
    """An event type of tomorrow leaves its trace here: its name is in the reason."""
    logger.info("ignored", extra={"reason": reason} | ({"incident_id": incident_id} if incident_id else {}))
    return answer(200, {"ignored": reason})

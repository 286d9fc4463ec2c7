"""From the body of an authentic delivery to an alert in the queue."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger

from responder.aws.metrics import count
from responder.aws.sqs import NotStored, store, store_ping
from responder.config.runbook import packaged
from responder.config.settings import settings
from responder.contracts.source import Ignored, Malformed, SourceAdapter, header
from responder.domain.alert import MAX_AGE, Alert, Ping
from responder.domain.clock import now
from responder.domain.json_text import MAX_DEPTH, parse_json
from responder.webhooks.api_gateway import ProxyResponse, answer

logger = Logger()


def accept(adapter: SourceAdapter, body: bytes, headers: Mapping[str, str]) -> ProxyResponse:
    """202 stored · 200 ignored · 400 malformed · 503 send it again."""
    parsed = _parsed(adapter, body)
    if isinstance(parsed, Malformed):
        logger.warning("refused as malformed", extra={"reason": parsed.reason})
        return answer(400, {"error": parsed.reason})
    try:
        if isinstance(parsed, Ignored):
            if parsed.is_ping:
                named = header(headers, adapter.subscription_header)
                subscription = named if named.isalnum() and len(named) <= 40 else ""
                store_ping(settings().queue_url, Ping(source=adapter.name, at=now(), subscription=subscription))
            return _ignored(parsed.reason, parsed.incident_id)
        return _store(parsed)
    except NotStored as error:
        count("WebhookNotStored")
        logger.error("the queue did not take the delivery", extra={"error": str(error)})
        return answer(503, {"error": "cannot store the delivery now; send it again"})


def _parsed(adapter: SourceAdapter, body: bytes) -> Alert | Ignored | Malformed:
    try:
        document = parse_json(body.decode("utf-8"))
    except UnicodeDecodeError:
        document = None
    if document is None:
        return Malformed(f"the body is not UTF-8 JSON of at most {MAX_DEPTH} levels")
    if not isinstance(document, dict):
        return Malformed("the body is not a JSON object")
    return adapter.parse(document, received_at=now(), bot_user=packaged().vendors.own_user(adapter.name))


def _store(alert: Alert) -> ProxyResponse:
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


def _ignored(reason: str, incident_id: str | None = None) -> ProxyResponse:
    """The log shows an unknown event type: its name is in the reason."""
    logger.info("ignored", extra={"reason": reason} | ({"incident_id": incident_id} if incident_id else {}))
    return answer(200, {"ignored": reason})

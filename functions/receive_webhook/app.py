"""POST /webhooks/{source}: authenticate, check the scope, store, answer. Nothing else: PagerDuty waits 5 s."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.keep_warm import answers_keep_warm
from responder.aws.metrics import count
from responder.aws.secrets import SecretUnreadable
from responder.aws.sqs import NotStored, store
from responder.config.runbook import packaged
from responder.config.settings import settings
from responder.contracts.source import Authenticity, Ignored, Malformed, SourceAdapter
from responder.domain.alert import Alert
from responder.domain.clock import now
from responder.integrations.sources import SOURCES
from responder.webhooks.api_gateway import Response, answer, is_verified, raw_body

MAX_BODY_BYTES = 256 * 1024
MAX_AGE = timedelta(hours=72)

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> Response:
    name = (event.get("pathParameters") or {}).get("source", "")
    logger.remove_keys(["incident_id", "event_type"])  # of the delivery that this process served before
    logger.append_keys(source=name if name in SOURCES else "unknown", request_id=_request_id(event))
    adapter = SOURCES.get(name)
    if adapter is None:
        return _answer(404, error=f"unknown source; use one of {', '.join(sorted(SOURCES))}")
    body = raw_body(event)
    if body is None or len(body) > MAX_BODY_BYTES:
        return _answer(413 if body else 400, error=f"the body must be at most {MAX_BODY_BYTES} bytes of JSON")
    refusal = _refusal(adapter, event.get("headers") or {}, body)
    return refusal or _accept(adapter, body)


def _refusal(adapter: SourceAdapter, headers: Mapping[str, str], body: bytes) -> Response | None:
    """None when the delivery is authentic. 503 for what may pass (the vendor retries), 401 for what will not."""
    try:
        authenticity = is_verified(adapter.name, lambda active: adapter.authenticate(headers, body, active))
    except SecretUnreadable as error:
        logger.error("the webhook secret could not be read", extra={"error": str(error)})
        return _answer(503, error="cannot verify the delivery now; send it again")
    if authenticity is None:
        logger.error("the webhook secret has no value; see docs/deploy.md#2-put-in-the-secrets")
        return _answer(503, error="this source has no webhook secret yet; send it again")
    if authenticity is Authenticity.OK:
        return None
    is_wrong = authenticity is Authenticity.WRONG
    count("WrongSignature" if is_wrong else "MissingSignature")
    logger.warning("refused: signature or token is wrong" if is_wrong else "refused: signature or token is missing")
    return _answer(401, error=f"the signature or token is {authenticity.value}")


def _accept(adapter: SourceAdapter, body: bytes) -> Response:
    try:
        document = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return _malformed("the body is not UTF-8 JSON")
    if not isinstance(document, dict):
        return _malformed("the body is not a JSON object")
    parsed = adapter.parse(document, received_at=now(), bot_user=packaged().vendors.own_user(adapter.name))
    if isinstance(parsed, Malformed):
        return _malformed(parsed.reason)
    if isinstance(parsed, Ignored):
        return _ignored(parsed.reason, parsed.incident_id)
    return _store(parsed)


def _store(alert: Alert) -> Response:
    logger.append_keys(incident_id=alert.incident_id, event_type=alert.event_type)
    if alert.odd:
        count("OddPayload")
        logger.warning("accepted although some fields look unlike the documentation", extra={"fields": alert.odd})
    if packaged().is_ours(alert) is False:
        return _ignored("not a configured service")
    if now() - alert.occurred_at > MAX_AGE:
        return _ignored("older than 72 h")
    try:
        store(settings().queue_url, alert)
    except NotStored as error:
        logger.error("the queue did not take the delivery", extra={"error": str(error)})
        return _answer(503, error="cannot store the delivery now; send it again")
    logger.info("stored")
    return _answer(202, incident_id=alert.incident_id)


def _ignored(reason: str, incident_id: str | None = None) -> Response:
    """An event type of tomorrow leaves its trace here: its name is in the reason."""
    logger.info("ignored", extra={"reason": reason} | ({"incident_id": incident_id} if incident_id else {}))
    return _answer(200, ignored=reason)


def _malformed(reason: str) -> Response:
    logger.warning("refused as malformed", extra={"reason": reason})
    return _answer(400, error=reason)


def _request_id(event: Mapping[str, Any]) -> str:
    return str((event.get("requestContext") or {}).get("requestId", ""))


def _answer(status: int, **body: str) -> Response:
    return answer(status, body)

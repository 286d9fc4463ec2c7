"""The alert that the body of an authentic delivery carries."""

import json

from responder.config.runbook import packaged
from responder.contracts.source import Ignored, Malformed, SourceAdapter
from responder.domain.alert import Alert
from responder.domain.clock import now


def parsed_alert(adapter: SourceAdapter, body: bytes) -> Alert | Ignored | Malformed:
    try:
        document = json.loads(body.decode("utf-8"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        return Malformed("the body is not UTF-8 JSON")
    if not isinstance(document, dict):
        return Malformed("the body is not a JSON object")
    return adapter.parse(document, received_at=now(), bot_user=packaged().vendors.own_user(adapter.name))

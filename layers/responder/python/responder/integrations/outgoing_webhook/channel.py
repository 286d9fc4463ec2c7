"""Sends every update to your program, signed by Standard Webhooks 1.0.0 (docs/tasks/outgoing-webhook.md).

At least once: a repeat has the first attempt's id.
"""

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from responder.clients.responses import NOT_ITS_OWN, refused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, SendResult, Sent, failed
from responder.domain.clock import iso, now
from responder.domain.incident import Incident
from responder.domain.update import Audience, Kind, Update
from responder.integrations.outgoing_webhook.settings import Settings

TIME_LIMIT = 3.0
CREDENTIAL = "outgoing_webhook"
VERSION = 1
_OF_INCIDENT = ("id", "title", "source", "url", "status", "severity", "scenario", "cause", "started_at", "resolved_at")
# Without `page`, whose signed link is for responders only, and without Slack's mention.
_OF_UPDATE = ("key", "kind", "headline", "known", "doing", "need_from_people", "commands", "next_update_by", "level")
PREFIX = "whsec_"
_SIZES = range(24, 65)  # bytes of a key


class OutgoingWebhook(Channel):
    name = "outgoing_webhook"
    title = "Outgoing webhook"
    audience = Audience.RECORD
    kinds = frozenset(Kind)

    def missing(self, ctx: IncidentContext) -> str | None:
        if not ctx.runbook.vendors.of(Settings).url:
            return "no outgoing webhook is configured (vendors.outgoing_webhook.url)"
        if not keys_of(ctx.credentials.of(CREDENTIAL, several=True) or ""):
            return "its secret is not whsec_ and 24 to 64 bytes in base64 (vendor credentials, outgoing_webhook)"
        return None

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        url = str(ctx.runbook.vendors.of(Settings).url)
        keys = keys_of(ctx.credentials.of(CREDENTIAL, several=True) or "")
        name, at = f"{ctx.settings.stack_name}/{update.incident_id}/{update.key}", now()
        message_id = f"msg_{hashlib.sha256(name.encode()).hexdigest()[:32]}"
        body = body_of(ctx.incident, update, at)
        headers = headers_of(message_id, at, body, keys)
        answer = ctx.http.call("POST", url, json=body, headers=headers, timeout=TIME_LIMIT)
        if not answer.ok:
            return failed(refused(answer))
        # Any success status counts, except with an HTML page: that is a proxy's.
        return Failed(NOT_ITS_OWN) if answer.text.lstrip().startswith("<") else Sent("delivered")


def body_of(incident: Incident, update: Update, at: datetime) -> bytes:
    """`type`, `timestamp` and `data`, as in Standard Webhooks. Version 1 may gain fields but loses none."""
    told = _fields(update, _OF_UPDATE) | {"links": [link.model_dump() for link in update.links]}
    told["question"] = list(update.question.lines) if update.question else []
    data = {"version": VERSION, "incident": _fields(incident, _OF_INCIDENT), "update": told}
    body = {"type": f"incident.{update.kind.value}", "timestamp": iso(at), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _fields(model: Incident | Update, names: tuple[str, ...]) -> dict[str, Any]:
    return model.model_dump(mode="json", include=set(names))


def keys_of(secret: str) -> tuple[bytes, ...]:
    """The keys of one or more `whsec_<base64>`, separated by blanks, for rotation. None if one is invalid."""
    try:
        keys = [base64.b64decode(one.removeprefix(PREFIX), validate=True) for one in secret.split()]
    except binascii.Error:
        return ()
    is_good = all(one.startswith(PREFIX) for one in secret.split()) and all(len(key) in _SIZES for key in keys)
    return tuple(keys) if is_good else ()


def headers_of(message_id: str, at: datetime, body: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """HMAC-SHA256 of id, timestamp (Unix seconds) and the exact body, once per key."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }

"""Sends every update to your program, signed by Standard Webhooks (docs/tasks/outgoing-webhook.md).

At least once: a repeat has the first attempt's id.
"""

import hashlib

from responder.clients.responses import NOT_ITS_OWN, refused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, SendResult, Sent, failed
from responder.domain.clock import now
from responder.domain.update import Audience, Kind, Update
from responder.integrations.outgoing_webhook.body import body_of
from responder.integrations.outgoing_webhook.settings import Settings
from responder.integrations.outgoing_webhook.signature import headers_of, keys_of

TIME_LIMIT = 3.0
CREDENTIAL = "outgoing_webhook"


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

"""A program that takes our outgoing webhook, as Standard Webhooks asks of it: checks the signature, drops repeats."""

from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Response, request
from standardwebhooks import Webhook

from local.sandbox.vendor import Route, Vendor, answer, json_body

TOLERANCE_SECONDS = 300


class WebhookReceiver(Vendor):
    name = "outgoing_webhook"
    prefix = "/outgoing-webhook"

    def routes(self) -> Iterable[Route]:
        yield "POST", "/hook", self._take

    def refusal(self) -> Response | None:
        """The reference implementation computes the signature; its own clock is not used."""
        secret = self.world["credentials"][self.name]
        if secret is None:
            return None
        message_id, timestamp = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        if not message_id or not timestamp.isdigit() or abs(self.world.now() - int(timestamp)) > TOLERANCE_SECONDS:
            return self.error(400, "the headers are missing, or the timestamp is too old")
        at = datetime.fromtimestamp(int(timestamp), UTC)
        wanted = Webhook(secret).sign(message_id, at, request.get_data().decode())
        is_signed = wanted in request.headers.get("webhook-signature", "").split(" ")
        return None if is_signed else self.error(401, "no matching signature")

    def _take(self) -> Response:
        deliveries = self.state["deliveries"]
        message_id = request.headers["webhook-id"]
        known = deliveries.setdefault(message_id, {"body": json_body(), "times": 0})
        known["times"] += 1
        return answer({}, 200)

"""A Teams workflow that starts "when a Teams webhook request is received" (docs/vendor-apis.md#teams)."""

from collections.abc import Iterable

from flask import Response, request

from local.sandbox.shapes import Json
from local.sandbox.vendor import Route, Vendor, answer, json_body

SIZE_LIMIT = 28 * 1024
CARD = "application/vnd.microsoft.card.adaptive"


class Teams(Vendor):
    name = "teams"
    prefix = "/teams"

    def routes(self) -> Iterable[Route]:
        yield "POST", "/workflows/<workflow>/triggers/manual/paths/invoke", self._start

    def refusal(self) -> Response | None:
        return None if self.accepts(request.args.get("sig")) else self.error(401, "DirectApiAuthorizationRequired")

    def error(self, status: int, message: str) -> Response:
        return answer({"error": {"code": message, "message": "The request is not taken."}}, status)

    def _start(self, workflow: str) -> Response:  # noqa: ARG002
        """202 and an empty body; whether the card can be posted shows only in the workflow's own history."""
        if len(request.get_data()) > SIZE_LIMIT:
            return self.error(413, "RequestEntityTooLarge")
        attachments = json_body().get("attachments")
        cards: list[Json] = attachments if isinstance(attachments, list) else []
        if not cards or any(card.get("contentType") != CARD for card in cards):
            return self.error(400, "TriggerInputSchemaMismatch")
        self.state["cards"] += [card["content"] for card in cards]
        return Response(status=202)

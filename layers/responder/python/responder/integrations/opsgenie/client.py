"""Opsgenie's Alert API v2 and JSM's compatible one: writes are asynchronous (docs/vendor-apis.md#opsgenie)."""

import time
from typing import Any
from urllib.parse import quote

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import NOT_ITS_OWN, RequestRefused, inner, listed, mapping, refused
from responder.context import IncidentContext
from responder.contracts.pager import TIME_LIMIT, Answer, Pager, State, Written
from responder.domain.alert import Source
from responder.integrations.opsgenie.settings import Settings

TAKEN = 202
_SETTLES_IN = 0.3


class OpsgenieClient(Pager):
    """`settings` are Opsgenie's or JSM's: the same calls with another URL."""

    # Webhooks name the API as the actor of our calls, whatever `user` we send.
    names_people = False

    def __init__(self, source: Source, settings: type[Settings]) -> None:
        self._source, self._settings, self.title = source, settings, settings.title

    def unreadable(self, ctx: IncidentContext) -> str | None:
        if not self._vendor(ctx).enabled:
            return f"{self.title} is not enabled (vendors.{self._source}.enabled)"
        if not ctx.credentials.of(self._source):
            return f"{self.title} has no API key (vendor credentials, {self._source})"
        return None

    def state(self, ctx: IncidentContext) -> State | RequestRefused:
        answer = self._call(ctx, "GET", self._alert(ctx))
        if not answer.ok:
            return refused(answer)
        alert = mapping(answer.json(), "data")
        if alert.get("status") == "closed":
            return State("resolved", falls_back=False)
        # An alert does not show whether its acknowledgement ends by itself; assume that it does not.
        return State("acknowledged" if alert.get("acknowledged") else "triggered", falls_back=False)

    def set_status(self, ctx: IncidentContext, status: Answer, by: str | None = None) -> Written:
        call = "acknowledge" if status == "acknowledged" else "close"
        return self._write(ctx, f"{self._alert(ctx)}/{call}", {}, by) or "done"

    def escalate(self, ctx: IncidentContext, level: int) -> RequestRefused | None:  # noqa: ARG002 - it takes no level
        if self._source == "jsm":
            return RequestRefused("its integration API cannot escalate", again=False)
        name = self._vendor(ctx).escalation
        if name is None:
            return RequestRefused("no escalation is named (vendors.opsgenie.escalation)", again=False)
        return self._write(ctx, f"{self._alert(ctx)}/escalate", {"escalation": {"type": "escalation", "name": name}})

    def has_note(self, ctx: IncidentContext, reference: str) -> bool | RequestRefused:
        """JSM's integration API lists no notes: 404 means "unknown"; a duplicate note does no harm."""
        answer = self._call(ctx, "GET", f"{self._alert(ctx)}/notes")
        if answer.status in (404, 405):
            return False
        if not answer.ok:
            return refused(answer)
        notes = inner(answer.json(), "data")
        if not isinstance(notes, list):
            return RequestRefused(NOT_ITS_OWN, again=True)
        return any(reference in str(note.get("note", "")).splitlines() for note in listed(notes))

    def add_note(self, ctx: IncidentContext, text: str) -> RequestRefused | None:
        return self._write(ctx, f"{self._alert(ctx)}/notes", {"note": text})

    def _write(
        self, ctx: IncidentContext, path: str, body: dict[str, Any], by: str | None = None
    ) -> RequestRefused | None:
        """202 only means "accepted"; the request's status is read once, and "not yet" counts as accepted.

        So does a 202 with a damaged body: a retry would write twice. Another success status is not the vendor's (for
        example a sign-in page), unless it names the request.
        """
        user = by or self._vendor(ctx).bot_user
        sender = {"source": "twinmind-responder"} | ({"user": user} if user else {})
        answer = self._call(ctx, "POST", path, body | sender)
        if not answer.ok:
            return refused(answer)
        request_id = inner(answer.json(), "requestId")
        if not isinstance(request_id, str):
            return None if answer.status == TAKEN else RequestRefused(NOT_ITS_OWN, again=True)
        time.sleep(_SETTLES_IN)
        status = self._call(ctx, "GET", f"/v2/alerts/requests/{quote(request_id, safe='')}")
        if status.ok and inner(status.json(), "data", "isSuccess") is False:
            return RequestRefused("it was taken (202), but its processing failed", again=False)
        return None

    def _vendor(self, ctx: IncidentContext) -> Settings:
        return ctx.runbook.vendors.of(self._settings)

    def _alert(self, ctx: IncidentContext) -> str:
        return f"/v2/alerts/{quote(ctx.incident.upstream_id, safe='')}"

    def _call(self, ctx: IncidentContext, method: str, path: str, body: Any = None) -> Response | NoAnswer:
        url = self._vendor(ctx).api_url + path
        params = {} if "/requests/" in path else {"identifierType": "id"}

        def send(key: str) -> Response | NoAnswer:
            headers = {"Authorization": f"GenieKey {key}"}
            return ctx.http.call(method, url, headers=headers, json=body, params=params, timeout=TIME_LIMIT)

        return ctx.call_as(self._source, send)

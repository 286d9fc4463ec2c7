"""PagerDuty's REST API v2 (docs/vendor-apis.md#pagerduty-rest, #pagerduty-writes)."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlencode

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import NOT_ITS_OWN, RequestRefused, inner, listed, mapping, vendor_reason
from responder.clients.responses import refused as why_refused
from responder.context import IncidentContext
from responder.contracts.pager import TIME_LIMIT, Answer, Pager, State, Written
from responder.integrations.pagerduty.settings import Settings

# What an error code means for the operator; other codes are shown in PagerDuty's own words.
_MEANS = {1008: "the From address is no user of this account", 2006: "the API key is not valid"}
# 1001 already resolved, 1002 already acknowledged: nothing is left to do.
_DONE_CODES = (1001, 1002)


class PagerDutyClient(Pager):
    title = "PagerDuty"
    names_people = True

    def unreadable(self, ctx: IncidentContext) -> str | None:
        has_key = ctx.credentials.of("pagerduty")
        return None if has_key else "PagerDuty has no API key (vendor credentials, pagerduty)"

    def missing(self, ctx: IncidentContext) -> str | None:
        if why := self.unreadable(ctx):
            return why
        if not ctx.runbook.vendors.of(Settings).from_email:
            return "PagerDuty has no user to act as (vendors.pagerduty.from_email)"
        return None

    def cannot_acknowledge(self, ctx: IncidentContext) -> str | None:
        vendor = ctx.runbook.vendors.of(Settings)
        if not vendor.own_user:
            return "no bot user is named (vendors.pagerduty.bot_user_id), so it would come back as a person's"
        answer = call(ctx, "GET", f"/users?{urlencode({'query': vendor.from_email or ''})}")
        if not answer.ok:
            return f"whose vendors.pagerduty.from_email is could not be read, {refused(answer).why}"
        users = listed(answer.json(), "users")
        owners = [one.get("id") for one in users if str(one.get("email")).lower() == str(vendor.from_email).lower()]
        if owners == [vendor.own_user]:
            return None
        return "vendors.pagerduty.bot_user_id is not the user of from_email, so it would come back as a person's"

    def has_subscribers(self, ctx: IncidentContext) -> bool:
        return ctx.runbook.vendors.of(Settings).status_updates

    def notify_subscribers(self, ctx: IncidentContext, text: str) -> RequestRefused | None:
        """A status update, mailed to the incident's subscribers. It cannot be listed later."""
        answer = call(ctx, "POST", f"{_incident(ctx)}/status_updates", {"message": text})
        return _written(answer, "status_update")

    def state(self, ctx: IncidentContext) -> State | RequestRefused:
        answer = call(ctx, "GET", _incident(ctx))
        if not answer.ok:
            return refused(answer)
        incident = mapping(answer.json(), "incident")
        status = incident.get("status")
        if status not in ("triggered", "acknowledged", "resolved"):
            return RequestRefused("its state could not be read", again=False)
        service = inner(incident, "service", "id")
        return State(status, falls_back=status == "triggered" and _has_timeout(ctx, service))

    def set_status(self, ctx: IncidentContext, status: Answer, by: str | None = None) -> Written:
        body = {"incident": {"type": "incident_reference", "status": status}}
        answer = call(ctx, "PUT", _incident(ctx), body, by=by)
        if answer.ok:
            return "done"
        return "not_needed" if _code(answer) in _DONE_CODES else refused(answer)

    def escalate(self, ctx: IncidentContext, level: int) -> RequestRefused | None:
        """Escalates to that level of the incident's policy; PagerDuty answers 1006 if there is no such level."""
        body = {"incident": {"type": "incident_reference", "escalation_level": level}}
        answer = call(ctx, "PUT", _incident(ctx), body)
        return None if answer.ok else refused(answer)

    def has_note(self, ctx: IncidentContext, reference: str) -> bool | RequestRefused:
        answer = call(ctx, "GET", f"{_incident(ctx)}/notes")
        if not answer.ok:
            return refused(answer)
        notes = inner(answer.json(), "notes")
        if not isinstance(notes, list):
            return RequestRefused(NOT_ITS_OWN, again=True)
        return any(reference in str(note.get("content", "")).splitlines() for note in listed(notes))

    def add_note(self, ctx: IncidentContext, text: str) -> RequestRefused | None:
        answer = call(ctx, "POST", f"{_incident(ctx)}/notes", {"note": {"content": text}})
        return _written(answer, "note")


def refused(answer: Response | NoAnswer) -> RequestRefused:
    """As for every vendor, with PagerDuty's error code and what it means."""
    found, code = why_refused(answer), _code(answer)
    if not isinstance(code, int):
        return found
    meaning = _MEANS.get(code) or vendor_reason(answer)
    return replace(found, why=f"{answer.said}, {code}: {meaning}")


def _written(answer: Response | NoAnswer, name: str) -> RequestRefused | None:
    """None if the answer shows the new object: a proxy's 200 does not."""
    if not answer.ok:
        return refused(answer)
    made = inner(answer.json(), name, "id")
    return None if made else RequestRefused("the answer has no id", again=True)


def _has_timeout(ctx: IncidentContext, service: Any) -> bool:
    """False if unreadable: an acknowledgement that never ends silences the incident for good."""
    if not isinstance(service, str):
        return False
    answer = call(ctx, "GET", f"/services/{quote(service, safe='')}")
    if not answer.ok:
        return False
    timeout = inner(answer.json(), "service", "acknowledgement_timeout")
    return isinstance(timeout, int) and timeout > 0


def _incident(ctx: IncidentContext) -> str:
    return f"/incidents/{quote(ctx.incident.upstream_id, safe='')}"


def _code(answer: Response | NoAnswer) -> Any:
    return inner(answer.json(), "error", "code")


def call(
    ctx: IncidentContext, method: str, path: str, body: Any = None, *, by: str | None = None
) -> Response | NoAnswer:
    """`by`: the e-mail address of the user in whose name we call; by default our own user."""
    vendor = ctx.runbook.vendors.of(Settings)
    headers = {
        "Accept": "application/vnd.pagerduty+json;version=2",
        "Content-Type": "application/json",  # PagerDuty requires it, with or without a body
        "From": by or vendor.from_email or "",
    }

    def send(key: str) -> Response | NoAnswer:
        signed = headers | {"Authorization": f"Token token={key}"}
        return ctx.http.call(method, vendor.api_url + path, headers=signed, json=body, timeout=TIME_LIMIT)

    return ctx.call_as("pagerduty", send)

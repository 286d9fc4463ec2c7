"""PagerDuty's REST API v2 (docs/vendor-apis.md#pagerduty-rest, #pagerduty-writes)."""

from typing import Any, Literal
from urllib.parse import quote

from responder.clients.http import Answer, NoAnswer
from responder.clients.responses import NOT_ITS_OWN, Refused, listed, mapping, refused
from responder.context import Desk
from responder.contracts.pager import TIME_LIMIT, State

NOTE_LIMIT = 25_000
# 1001 already resolved, 1002 already acknowledged: somebody was faster, and nothing is left to do.
_DONE_CODES = (1001, 1002)


class PagerDuty:
    title = "PagerDuty"

    def unreadable(self, desk: Desk) -> str | None:
        has_key = desk.credentials.of("pagerduty")
        return None if has_key else "PagerDuty has no API key (vendor credentials, pagerduty)"

    def missing(self, desk: Desk) -> str | None:
        if why := self.unreadable(desk):
            return why
        if not desk.runbook.vendors.pagerduty.from_email:
            return "PagerDuty has no user to act as (vendors.pagerduty.from_email)"
        return None

    def state(self, desk: Desk) -> State | Refused:
        answer = _call(desk, "GET", _incident(desk))
        if isinstance(answer, NoAnswer) or not answer.ok:
            return refused(answer)
        incident = mapping(mapping(answer.json()).get("incident"))
        status = incident.get("status")
        if status not in ("triggered", "acknowledged", "resolved"):
            return Refused("its state could not be read", again=False)
        service = mapping(incident.get("service")).get("id")
        return State(status, falls_back=status == "triggered" and _has_timeout(desk, service))

    def acknowledge(self, desk: Desk) -> Literal["done", "not_needed"] | Refused:
        return _set_status(desk, "acknowledged")

    def resolve(self, desk: Desk) -> Literal["done", "not_needed"] | Refused:
        return _set_status(desk, "resolved")

    def escalate(self, desk: Desk, level: int) -> Refused | None:
        """To that level of the incident's escalation policy; 1006 where the policy has no such level."""
        body = {"incident": {"type": "incident_reference", "escalation_level": level}}
        answer = _call(desk, "PUT", _incident(desk), body)
        return None if isinstance(answer, Answer) and answer.ok else refused(answer)

    def has_note(self, desk: Desk, reference: str) -> bool | Refused:
        answer = _call(desk, "GET", f"{_incident(desk)}/notes")
        if isinstance(answer, NoAnswer) or not answer.ok:
            return refused(answer)
        notes = mapping(answer.json()).get("notes")
        if not isinstance(notes, list):
            return Refused(NOT_ITS_OWN, again=True)
        return any(reference in str(note.get("content", "")).splitlines() for note in listed(notes))

    def add_note(self, desk: Desk, text: str) -> Refused | None:
        answer = _call(desk, "POST", f"{_incident(desk)}/notes", {"note": {"content": text}})
        return _written(answer, "note")


def tell_subscribers(desk: Desk, text: str) -> Refused | None:
    """A status update: PagerDuty mails it to whoever subscribed to the incident. It cannot be listed afterwards."""
    answer = _call(desk, "POST", f"{_incident(desk)}/status_updates", {"message": text})
    return _written(answer, "status_update")


def _written(answer: Answer | NoAnswer, name: str) -> Refused | None:
    """None where the answer shows what was made: a 200 of something between us and PagerDuty is not a note."""
    if isinstance(answer, NoAnswer) or not answer.ok:
        return refused(answer)
    made = mapping(mapping(answer.json()).get(name)).get("id")
    return None if made else Refused("the answer has no id", again=True)


def _set_status(desk: Desk, status: str) -> Literal["done", "not_needed"] | Refused:
    body = {"incident": {"type": "incident_reference", "status": status}}
    answer = _call(desk, "PUT", _incident(desk), body)
    if isinstance(answer, Answer) and answer.ok:
        return "done"
    if isinstance(answer, Answer) and _code(answer) in _DONE_CODES:
        return "not_needed"
    return refused(answer)


def _has_timeout(desk: Desk, service: Any) -> bool:
    """Where it cannot be read it counts as missing: an acknowledgement that never falls back silences for good."""
    if not isinstance(service, str):
        return False
    answer = _call(desk, "GET", f"/services/{quote(service, safe='')}")
    if isinstance(answer, NoAnswer) or not answer.ok:
        return False
    timeout = mapping(mapping(answer.json()).get("service")).get("acknowledgement_timeout")
    return isinstance(timeout, int) and timeout > 0


def _incident(desk: Desk) -> str:
    return f"/incidents/{quote(desk.incident.upstream_id, safe='')}"


def _code(answer: Answer) -> Any:
    return mapping(mapping(answer.json()).get("error")).get("code")


def _call(desk: Desk, method: str, path: str, body: Any = None) -> Answer | NoAnswer:
    vendor = desk.runbook.vendors.pagerduty
    headers = {
        "Authorization": f"Token token={desk.credentials.of('pagerduty')}",
        "Accept": "application/vnd.pagerduty+json;version=2",
        "Content-Type": "application/json",  # which its document asks for, with a body or without
        "From": vendor.from_email or "",
    }
    return desk.http.call(method, vendor.api_url + path, headers=headers, json=body, timeout=TIME_LIMIT)

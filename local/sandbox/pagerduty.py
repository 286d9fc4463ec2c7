"""PagerDuty's REST API v2, the part that a responder uses (docs/vendor-apis.md)."""

import secrets
from collections.abc import Iterable
from typing import Any

from flask import Response, request

from local.sandbox.pagerduty_account import ping, subscription_page, users
from local.sandbox.pagerduty_objects import (
    alert_object,
    fresh_incident,
    incident_object,
    on_call_page,
    service_object,
    user_reference,
)
from local.sandbox.quota import MinuteWindow
from local.sandbox.shapes import Json
from local.sandbox.vendor import Route, Vendor, answer, json_body
from local.sandbox.world import World

LIMIT = 960
LEVELS = 3
NOTES_LIMIT = 2000
STATUSES = ("triggered", "acknowledged", "resolved")
CODES = {401: 2006, 403: 2010, 404: 2100, 429: 2020}


class PagerDuty(Vendor):
    name = "pagerduty"
    prefix = "/pagerduty"
    scheme = "Token token="

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._window = MinuteWindow(world.clock)

    def reset(self) -> None:
        self._window.clear()

    def routes(self) -> Iterable[Route]:
        yield "GET", "/incidents/<incident>", self._read
        yield "PUT", "/incidents/<incident>", self._change
        yield "GET", "/incidents/<incident>/alerts", self._alerts
        yield "GET", "/incidents/<incident>/notes", self._notes
        yield "POST", "/incidents/<incident>/notes", self._add_note
        yield "POST", "/incidents/<incident>/status_updates", self._add_status_update
        yield "GET", "/services/<service>", self._service
        yield "GET", "/oncalls", self._on_calls
        yield "GET", "/users", lambda: self._answer(users(self.state["users"]))
        yield "GET", "/webhook_subscriptions", lambda: self._answer(subscription_page(self.state["subscriptions"]))
        yield "POST", "/webhook_subscriptions/<subscription>/ping", self._ping

    def refusal(self) -> Response | None:
        """401 code 2006, 429 code 2020, and `From` for writes, 1008 for a stranger (vendor-apis.md#pagerduty-rest)."""
        if not self.accepts(self.credential()):
            return self.error(401, "Authentication failed")
        if self.state["rate_limited"] or not self._window.take(1, LIMIT):
            return self._error(429, 2020, "Rate Limit Exceeded")
        users = self.state["users"]
        caller = request.headers.get("From", "")
        if request.method != "GET" and ("@" not in caller or (users and caller not in users)):
            return self._error(400, 1008, "Requester User Not Found")
        incident = (request.view_args or {}).get("incident")
        if incident and not self.state["on_sight"] and incident not in self.state["incidents"]:
            return self._error(404, 5001, "Incident Not Found")
        return None

    def error(self, status: int, message: str) -> Response:
        return self._error(status, CODES.get(status, 2000 if status >= 500 else 2001), message)

    def _error(self, status: int, code: int, message: str, errors: list[str] | None = None) -> Response:
        """{"error": {"message", "code", "errors"}} (docs/vendor-apis.md#pagerduty-rest)."""
        return self._answer({"error": {"message": message, "code": code, "errors": errors or []}}, status)

    def _answer(self, body: Any, status: int = 200) -> Response:
        headers = {
            "ratelimit-limit": str(LIMIT),
            "ratelimit-remaining": str(self._window.left(LIMIT)),
            "ratelimit-reset": str(self._window.seconds_left()),
        }
        return answer(body, status, headers)

    def _caller(self) -> Json:
        caller = request.headers.get("From", "")
        return user_reference(self.state["users"].get(caller, "PRESPONDER"), caller)

    def _incident(self, incident: str) -> Json:
        """The stored incident; an unknown id makes a triggered one, so that a webhook for any id works."""
        stored = fresh_incident(incident, self.world.iso(), len(self.state["incidents"]) + 1)
        stored |= self.state["incidents"].get(incident, {})
        self.state["incidents"][incident] = stored
        if stored["status"] != "acknowledged":
            return stored
        seconds = stored["acknowledgement_timeout_seconds"]
        stored["acknowledged_at"] = stored["acknowledged_at"] or self.world.now()
        if seconds and self.world.now() >= stored["acknowledged_at"] + seconds:
            # the acknowledgement falls back after the service's time-out (docs/vendor-apis.md#pagerduty-writes)
            stored.update(status="triggered", acknowledged_at=None, acknowledged_by=None)
        return stored

    def _read(self, incident: str) -> Response:
        return self._answer({"incident": incident_object(self._incident(incident), self.world.iso)})

    def _change(self, incident: str) -> Response:
        change = json_body().get("incident")
        if not isinstance(change, dict) or change.get("type") not in ("incident", "incident_reference"):
            return self._error(400, 2001, "Invalid Input Provided", ["Incident type is required"])
        stored = self._incident(incident)
        refused = self._status_refusal(stored, change) or self._level_refusal(change)
        if refused:
            return refused
        if "status" in change:
            self._set_status(stored, change)
        stored.update({name: change[name] for name in ("title", "urgency", "escalation_level") if name in change})
        if "priority" in change:
            given = change["priority"]
            stored["priority"] = given.get("summary") or given.get("id") if isinstance(given, dict) else given
        return self._answer({"incident": incident_object(stored, self.world.iso)})

    def _status_refusal(self, stored: Json, change: Json) -> Response | None:
        """1001, 1002, 1003 (docs/vendor-apis.md#pagerduty-rest); a change that is not refused may reopen."""
        wanted = change.get("status", stored["status"])
        if wanted not in STATUSES:
            return self._error(400, 1003, "Invalid Status Provided")
        if "status" in change and wanted == stored["status"] == "resolved":
            return self._error(400, 1001, "Incident Already Resolved")
        if "status" in change and wanted == stored["status"] == "acknowledged":
            return self._error(400, 1002, "Incident Already Acknowledged")
        return None

    def _level_refusal(self, change: Json) -> Response | None:
        level = change.get("escalation_level", 1)
        if isinstance(level, int) and 1 <= level <= LEVELS:
            return None
        return self._error(400, 1006, "Incident Cannot Be Escalated")

    def _set_status(self, stored: Json, change: Json) -> None:
        """`acknowledged` or `triggered` on a resolved incident reopens it (docs/vendor-apis.md#pagerduty-writes)."""
        now, status = self.world.now(), change["status"]
        reopens = stored["status"] == "resolved"
        acknowledged = status == "acknowledged"
        stored["status"] = status
        stored["reopened_at"] = self.world.iso() if reopens else stored["reopened_at"]
        stored["resolved_at"] = self.world.iso() if status == "resolved" else None
        stored["acknowledged_at"] = now if acknowledged else None
        stored["acknowledged_by"] = self._caller() if acknowledged else None
        stored["assignee"] = self._caller() if acknowledged else stored["assignee"]
        stored["last_status_change_by"] = self._caller()
        stored["last_status_change_at"] = self.world.iso()
        stored["resolution"] = change.get("resolution", stored["resolution"])

    def _alerts(self, incident: str) -> Response:
        """Paged: alerts, limit, offset, more; filters statuses[] and alert_key (vendor-apis.md#pagerduty-reads)."""
        stored = self._incident(incident)
        alerts = [alert_object(stored, given, place) for place, given in enumerate(stored["alerts"])]
        statuses, key = request.args.getlist("statuses[]"), request.args.get("alert_key")
        alerts = [one for one in alerts if (not statuses or one["status"] in statuses)]
        alerts = [one for one in alerts if key in (None, one["alert_key"])]
        limit, offset = request.args.get("limit", 25, int), request.args.get("offset", 0, int)
        page = alerts[offset : offset + limit]
        more = offset + limit < len(alerts)
        return self._answer({"alerts": page, "limit": limit, "offset": offset, "more": more, "total": None})

    def _notes(self, incident: str) -> Response:
        return self._answer({"notes": self._incident(incident)["notes"]})

    def _add_note(self, incident: str) -> Response:
        """No idempotency key, at most 2000 notes (docs/vendor-apis.md#pagerduty-writes)."""
        note = json_body().get("note")
        content = note.get("content") if isinstance(note, dict) else None
        notes = self._incident(incident)["notes"]
        if not isinstance(content, str) or not content or len(notes) >= NOTES_LIMIT:
            return self._error(400, 2001, "Invalid Input Provided", ["Content cannot be empty"])
        note = {"id": _id(), "user": self._caller(), "content": content, "created_at": self.world.iso()}
        notes.append(note | {"channel": {"summary": "The PagerDuty website or APIs"}})
        return self._answer({"note": notes[-1]})

    def _add_status_update(self, incident: str) -> Response:
        """`subject` and `html_message` come both or not at all (docs/vendor-apis.md#pagerduty-writes)."""
        body = json_body()
        if not body.get("message") or ("subject" in body) != ("html_message" in body):
            return self._error(400, 2001, "Invalid Input Provided", ["Message is required; subject needs html_message"])
        update: Json = {"id": _id(), "sender": self._caller(), "created_at": self.world.iso()}
        update |= {name: body[name] for name in ("message", "subject", "html_message") if name in body}
        self._incident(incident)["status_updates"].append(update)
        return self._answer({"status_update": update})

    def _ping(self, subscription: str) -> Response:
        known = self.state["subscriptions"].get(subscription)
        return ping(subscription, known, self.world.iso()) if known else self._error(404, 2100, "Not Found")

    def _on_calls(self) -> Response:
        return self._answer(on_call_page(request.args.getlist("escalation_policy_ids[]"), self.state["on_call"]))

    def _service(self, service: str) -> Response:
        """`acknowledgement_timeout` in seconds, null for none: then an acknowledgement never falls back."""
        declared = [self._incident(name) for name in list(self.state["incidents"])]
        found = [one for one in declared if one["service_id"] == service]
        seconds = (found or [fresh_incident("", "", 0)])[-1]["acknowledgement_timeout_seconds"]
        return self._answer({"service": service_object(service, seconds)})


def _id() -> str:
    return f"P{secrets.token_hex(3).upper()}"

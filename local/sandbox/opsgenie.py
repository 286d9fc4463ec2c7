"""Opsgenie's Alert API v2; JSM's integration events API is the same with less (docs/vendor-apis.md#opsgenie, #jsm)."""

import uuid
from collections.abc import Iterable
from typing import Any

from flask import Response, request

from local.sandbox.opsgenie_objects import fresh_alert
from local.sandbox.shapes import Json
from local.sandbox.vendor import Route, Vendor, answer, json_body
from local.sandbox.world import World

MESSAGE_LIMIT = 130
OPSGENIE_ONLY = ("unacknowledge", "snooze", "escalate", "assign")
BOTH = ("acknowledge", "close", "notes")
ACTION_NAMES = {"notes": "AddNote", "unacknowledge": "UnAcknowledge"}


class Opsgenie(Vendor):
    name = "opsgenie"
    prefix = "/opsgenie/v2"
    scheme = "GenieKey "
    actions: tuple[str, ...] = BOTH + OPSGENIE_ONLY
    parts: tuple[str, ...] = ("", "notes")

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._requests: dict[str, Json] = {}

    def reset(self) -> None:
        self._requests.clear()

    def routes(self) -> Iterable[Route]:
        yield "POST", "/alerts", self._create
        yield "GET", "/alerts", self._list
        yield "GET", "/alerts/requests/<request_id>", self._request_status
        yield "GET", "/alerts/<path:identifier>", self._read
        yield "POST", "/alerts/<identifier>/<action>", self._act
        yield "GET", "/schedules/<schedule>/on-calls", self._on_calls

    def refusal(self) -> Response | None:
        """401 for a key that is not taken, 429 with X-RateLimit-State THROTTLED (docs/vendor-apis.md#opsgenie)."""
        if not self.accepts(self.credential()):
            return self.error(401, "Could not authenticate")
        return self.error(429, "You are making too many requests!") if self.state["rate_limited"] else None

    def error(self, status: int, message: str) -> Response:
        return self._answer({"message": message}, status)

    def _answer(self, body: Json, status: int = 200, request_id: str | None = None) -> Response:
        state = "THROTTLED" if status == 429 else "OK"
        headers = {"X-RateLimit-State": state, "X-RateLimit-Reason": "ACCOUNT", "X-RateLimit-Period-In-Sec": "60"}
        return answer(body | {"took": 0.01, "requestId": request_id or str(uuid.uuid4())}, status, headers)

    def advance(self) -> None:
        """Applies the accepted writes whose time has come: every write is asynchronous (vendor-apis.md#opsgenie)."""
        with self.world.lock:
            for pending in self._requests.values():
                if not pending["done"] and self.world.now() >= pending["due"]:
                    pending["done"] = True
                    self._apply(pending)

    def _accept(self, action: str, alert_id: str, body: Json) -> Response:
        """202 {result, took, requestId}."""
        request_id = str(uuid.uuid4())
        due = self.world.now() + self.state["apply_delay_ms"] / 1000
        pending = {"action": action, "alert_id": alert_id, "body": body, "due": due, "done": False}
        self._requests[request_id] = pending
        return self._answer({"result": "Request will be processed"}, 202, request_id)

    def _apply(self, pending: Json) -> None:
        exists = self.state["on_sight"] or pending["action"] == "create" or pending["alert_id"] in self.state["alerts"]
        ok = exists and self.state["processing"] == "ok"
        pending |= {"ok": ok, "processed_at": self.world.iso()}
        pending["status"] = f"Alert {pending['action']} {'done' if ok else 'failed'}"
        if not ok:
            return
        alert, action, body = self._alert(pending["alert_id"]), pending["action"], pending["body"]
        alert["updatedAt"] = self.world.iso()
        if action == "create":
            alert.update({name: body[name] for name in ("message", "priority", "tags", "details") if name in body})
        elif action in ("acknowledge", "unacknowledge"):
            alert["acknowledged"] = action == "acknowledge"
            alert["owner"] = body.get("user", "") if alert["acknowledged"] else ""
        elif action == "close":
            alert.update(status="closed", acknowledged=True)
        elif action == "snooze":
            alert.update(snoozed=True, snoozedUntil=body.get("endTime"))
        if body.get("note"):
            note = {"note": body["note"], "owner": body.get("user", ""), "createdAt": self.world.iso()}
            alert["notes"].append(note)
        alert["log"].append({"action": action, "source": body.get("source", ""), "at": self.world.iso()})

    def _alert(self, alert_id: str) -> Json:
        """The stored alert; an unknown id makes an open one, so that a webhook for any id works."""
        fresh = fresh_alert(alert_id, self.world.iso(), len(self.state["alerts"]) + 1)
        stored: Json = fresh | self.state["alerts"].get(alert_id, {})
        self.state["alerts"][alert_id] = stored
        return stored

    def _id_of(self, identifier: str) -> str | None:
        """?identifierType=id (default), tiny or alias (vendor-apis.md#opsgenie); None for an unknown alias."""
        kind = request.args.get("identifierType", "id")
        field = {"tiny": "tinyId", "alias": "alias"}.get(kind)
        if field is None:
            return identifier if self.state["on_sight"] or identifier in self.state["alerts"] else None
        alerts = {name: self._alert(name) for name in list(self.state["alerts"])}
        return next((name for name, alert in alerts.items() if alert[field] == identifier), None)

    def _create(self) -> Response:
        body = json_body()
        message, details = body.get("message"), body.get("details", {})
        flat = isinstance(details, dict) and all(isinstance(value, str) for value in details.values())
        if not isinstance(message, str) or not message or len(message) > MESSAGE_LIMIT or not flat:
            # nested details give 422 (docs/vendor-apis.md#opsgenie)
            return self.error(422, "Request body is not processable: message or details")
        return self._accept("create", str(uuid.uuid4()), body)

    def _act(self, identifier: str, action: str) -> Response:
        if action not in self.actions:
            return self.error(404, "Not found")
        alert_id = self._id_of(identifier)
        body: Any = request.get_json(silent=True) if request.get_data() else {}
        if not isinstance(body, dict):
            return self.error(400, "Request body is not valid JSON")
        if action == "notes" and not body.get("note"):
            return self.error(422, "Request body is not processable: note")
        return self._accept(action, alert_id or identifier, body)

    def _on_calls(self, schedule: str) -> Response:
        """`data.onCallRecipients` with `flat=true` (Opsgenie Who Is On Call API, "Get On Calls")."""
        if self.name != "opsgenie":
            return self.error(404, "Not found")
        parent = {"id": "sandbox", "name": schedule, "enabled": True}
        return self._answer({"data": {"_parent": parent, "onCallRecipients": self.state["on_call"]}})

    def _list(self) -> Response:
        """JSM's integration API lists none (docs/vendor-apis.md#jsm)."""
        return self._answer({"data": []}) if self.name == "opsgenie" else self.error(404, "Not found")

    def _request_status(self, request_id: str) -> Response:
        """404 may just mean "not yet" (docs/vendor-apis.md#opsgenie)."""
        pending = self._requests.get(request_id)
        if pending is None or not pending["done"]:
            return self.error(404, "Request not found. It might not be processed, yet.")
        data = {
            "success": pending["ok"],
            "isSuccess": pending["ok"],
            "action": ACTION_NAMES.get(pending["action"], pending["action"].capitalize()),
            "processedAt": pending["processed_at"],
            "integrationId": "sandbox",
            "status": pending["status"],
            "alertId": pending["alert_id"] if pending["ok"] else "",
            "alias": self._alert(pending["alert_id"])["alias"] if pending["ok"] else "",
        }
        return self._answer({"data": data}, 200, request_id)

    def _read(self, identifier: str) -> Response:
        """`data` with the alert, or its notes under …/notes."""
        alert_id, _, part = identifier.partition("/")
        found = self._id_of(alert_id) if self.state["readable"] and part in self.parts else None
        if found is None:
            return self.error(404, "Alert does not exist")
        alert = self._alert(found)
        own = {name: value for name, value in alert.items() if name not in ("notes", "log")}
        return self._answer({"data": alert["notes"] if part else own})


class Jsm(Opsgenie):
    name = "jsm"
    prefix = "/jsm/v2"
    actions = BOTH
    parts = ("",)

"""People in Slack press a button under a message, or send a dialog. Slack then sends the app a signed request."""

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from flask import Response, request

from local.sandbox.shapes import Json
from local.sandbox.slack_message import broken_view, buttons
from local.sandbox.vendor import answer, json_body
from local.sandbox.world import World

ACTIONS = {
    "approve": "approve_ask",
    "decline": "decline_ask",
    "acknowledge": "acknowledge_alert",
    "resolve": "resolve_alert",
}
# trigger_id lives 3 s; response_url 30 minutes and five uses (docs.slack.dev, "Handling user interaction").
TRIGGER_SECONDS, RESPONSE_SECONDS, RESPONSE_USES = 3.0, 1800.0, 5


# The app and the workspace (docs.slack.dev, "block_actions payload").
FROM: Json = {"api_app_id": "A0SANDBOX", "team": {"id": "T0SANDBOX", "domain": "sandbox"}}


def signed(secret: str, body: str, at: int) -> dict[str, str]:
    """The headers of a request from Slack at `at` (Unix seconds)."""
    digest = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": f"v0={digest}",
    }


@dataclass
class Given:
    """A trigger or a response URL that was handed out."""

    user: str
    channel: str
    ts: str
    at: float
    uses: int = 0


@dataclass
class People:
    """A control, not a vendor's call: so it never holds the world's lock while the app answers."""

    world: World
    triggers: dict[str, Given] = field(default_factory=dict)
    responses: dict[str, Given] = field(default_factory=dict)
    # The values of each message's buttons: a client that has not seen an edit yet still sends the old value.
    seen: dict[tuple[str, str], Json] = field(default_factory=dict)

    def notice(self, channel: str, message: Json) -> None:
        for action_id, value in buttons(message).items():
            self.seen.setdefault((channel, message["ts"]), {})[action_id] = value

    def reset(self) -> None:
        for known in (self.triggers, self.responses, self.seen):
            known.clear()

    def click(self) -> Response:
        """`{"user", "action": one of ACTIONS, "reason"?, "ts"?}`; no `ts`: the newest message with buttons."""
        given = json_body()
        user, action = given.get("user"), ACTIONS.get(str(given.get("action")))
        if not isinstance(user, str) or action is None:
            return answer({"error": f'give {{"user": "U…", "action": {" | ".join(ACTIONS)}}}'}, 400)
        with self.world.lock:
            found = self._message(action, given.get("ts"))
            if found is None:
                return answer({"error": "no message has this button"}, 409)
            payload = self._press(user, action, *found)
        came = self._send(payload)
        if "reason" in given and self.world["slack"]["views"].get(user) and came["delivered"]:
            return answer({**came, "dialog": self._send(self._submission(user, given["reason"]))})
        return answer(came)

    def submit(self) -> Response:
        """`{"user", "reason"?}`: sends the dialog that is open for this user."""
        given = json_body()
        if not self.world["slack"]["views"].get(given.get("user")):
            return answer({"error": "no dialog is open for this user"}, 409)
        return answer(self._send(self._submission(str(given["user"]), given.get("reason"))))

    def open_view(self, given: Json) -> Json:
        """views.open: `{ok, view}`, or Slack's error."""
        trigger = self.triggers.get(str(given.get("trigger_id")))
        if trigger is None:
            return {"ok": False, "error": "invalid_trigger_id"}
        if trigger.uses:
            return {"ok": False, "error": "exchanged_trigger_id"}
        if self.world.now() - trigger.at > TRIGGER_SECONDS:
            return {"ok": False, "error": "expired_trigger_id"}
        view = given.get("view")
        if not isinstance(view, dict) or broken_view(view):
            return {"ok": False, "error": "invalid_arguments"}
        trigger.uses = 1
        self.world["slack"]["views"][trigger.user] = view
        return {"ok": True, "view": view | {"id": "V0SANDBOX"}}

    def response_to(self, token: str) -> Given | None:
        """The person and the message of a response URL; None if it is used up or too old."""
        found = self.responses.get(token)
        if found is None or found.uses >= RESPONSE_USES or self.world.now() - found.at > RESPONSE_SECONDS:
            return None
        found.uses += 1
        return found

    def _message(self, action: str, ts: object) -> tuple[str, str] | None:
        messages: dict[str, list[Json]] = self.world["slack"]["messages"]
        if ts is not None:
            return next((key for key, values in self.seen.items() if key[1] == ts and action in values), None)
        shown = [(one["ts"], name) for name, found in messages.items() for one in found if action in buttons(one)]
        return (max(shown)[1], max(shown)[0]) if shown else None

    def _press(self, user: str, action: str, channel: str, ts: str) -> Json:
        given = Given(user, channel, ts, self.world.now())
        trigger, token = f"{len(self.triggers) + 1}.{secrets.token_hex(8)}", secrets.token_hex(12)
        self.triggers[trigger], self.responses[token] = given, Given(user, channel, ts, given.at)
        return {
            "type": "block_actions",
            **FROM,
            "user": {"id": user, "username": user.lower(), "team_id": "T0SANDBOX"},
            "container": {"type": "message", "message_ts": ts, "channel_id": channel},
            "channel": {"id": channel},
            "message": self._shown(channel, ts),
            "trigger_id": trigger,
            "response_url": f"{request.host_url}slack/api/response/{token}",
            "actions": [{"type": "button", "action_id": action, "value": self.seen[channel, ts][action]}],
        }

    def _shown(self, channel: str, ts: str) -> Json | None:
        """The message in its present state, which Slack sends too (docs.slack.dev, "block_actions payload")."""
        found: list[Json] = self.world["slack"]["messages"].get(channel, [])
        return next((one for one in found if one["ts"] == ts), None)

    def _submission(self, user: str, reason: Any) -> Json:
        with self.world.lock:
            view: Json = self.world["slack"]["views"].pop(user)
        asked = [one for one in view["blocks"] if one["type"] == "input"]
        values = {one["block_id"]: {one["element"]["action_id"]: {"value": reason}} for one in asked}
        return {"type": "view_submission", **FROM, "user": {"id": user}, "view": view | {"state": {"values": values}}}

    def _send(self, payload: Json) -> Json:
        """One signed POST, as Slack's; gives up after `patience_seconds`. Without a URL, returns the request."""
        slack: Json = self.world["slack"]
        body = urlencode({"payload": json.dumps(payload)})
        headers = signed(slack["signing_secret"] or "", body, int(self.world.now()))
        if not slack["interactivity_url"]:
            return {"delivered": False, "headers": headers, "body": body}
        began = time.monotonic()
        headers |= slack["interactivity_headers"]
        try:
            said = httpx.post(
                slack["interactivity_url"], content=body, headers=headers, timeout=slack["patience_seconds"]
            )
        except httpx.HTTPError as error:
            return {"delivered": False, "error": type(error).__name__}
        return {
            "delivered": True,
            "status": said.status_code,
            "body": said.text,
            "seconds": round(time.monotonic() - began, 3),
        }

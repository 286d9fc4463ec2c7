"""Slack's Web API, the calls that post, edit and read messages (docs/vendor-apis.md#slack-posting, #slack-limits)."""

import hashlib
import re
from collections.abc import Iterable

from flask import Response, request

from local.sandbox.shapes import Json
from local.sandbox.slack_message import broken_limit, content
from local.sandbox.slack_people import People
from local.sandbox.vendor import Route, Vendor, answer, json_body
from local.sandbox.world import World

CHANNEL_ID = re.compile(r"^[CDG][A-Z0-9]{8,}$")
BOT = {"user": "U0RESPONDER", "bot_id": "B0RESPONDER", "type": "message"}
WHO: Json = {"ok": True, "url": "https://sandbox.slack.com/", "team": "sandbox", "user": "responder"}
WHO |= {"team_id": "T0SANDBOX", "user_id": BOT["user"]}


class Slack(Vendor):
    name = "slack"
    prefix = "/slack/api"
    scheme = "Bearer "

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._last_ts = 0
        self.people = People(world)

    def routes(self) -> Iterable[Route]:
        for method in ("GET", "POST"):
            yield method, "/auth.test", self._who
        yield "GET", "/conversations.info", self._channel_info
        yield "GET", "/users.info", self._user_info
        yield "POST", "/chat.postMessage", self._post
        yield "POST", "/chat.update", self._update
        yield "POST", "/views.open", lambda: answer(self.people.open_view(_given()))
        yield "POST", "/response/<token>", self._respond
        yield "POST", "/hooks/<token>", self._hook
        for method in ("GET", "POST"):
            yield method, "/conversations.history", self._history
            yield method, "/conversations.replies", self._replies

    def refusal(self) -> Response | None:
        """HTTP 200 with ok:false, except 429 with Retry-After for a rate limit (docs/vendor-apis.md#slack-posting)."""
        if "/response/" in request.path or "/hooks/" in request.path:  # the address itself is the credential
            return None
        token = self.credential() or _given().get("token")
        if not token:
            return _no("not_authed")
        if not self.accepts(token):
            return _no("invalid_auth")
        if self.state["rate_limited"]:
            return self.error(429, "ratelimited")
        return _no(self.state["error"]) if self.state["error"] else None

    def error(self, status: int, message: str) -> Response:
        if status == 429:
            return answer({"ok": False, "error": "ratelimited"}, 429, {"Retry-After": str(self.state["retry_after"])})
        return Response(message, status)

    def _channel(self, given: object, ids_only: bool = False) -> str | None:
        """The channel's id, which is all that chat.update and reads take; None: no such channel."""
        if not isinstance(given, str) or not given:
            return None
        declared: dict[str, str] = self.state["channels"]
        if given in declared.values() or (CHANNEL_ID.match(given) and not declared):
            return given
        if ids_only:
            return None
        name = f"#{given.removeprefix('#')}"
        invented = None if declared else "C" + hashlib.sha256(name.encode()).hexdigest()[:10].upper()
        return declared.get(name) or declared.get(name[1:]) or invented

    def _who(self) -> Response:
        return answer(WHO | {"bot_id": BOT["bot_id"]}, headers={"x-oauth-scopes": ",".join(self.state["scopes"])})

    def _channel_info(self) -> Response:
        """`channels:read`; as conversations.info of docs.slack.dev."""
        channel = self._channel(_given().get("channel"), ids_only=True)
        if "channels:read" not in self.state["scopes"]:
            return _no("missing_scope")
        if channel is None:
            return _no("channel_not_found")
        about = {
            "id": channel,
            "name": "incidents",
            "is_archived": False,
            "is_member": channel not in self.state["not_in"],
        }
        return answer({"ok": True, "channel": about})

    def _user_info(self) -> Response:
        """`users:read`; one who has left is `deleted`."""
        user = _given().get("user")
        if "users:read" not in self.state["scopes"]:
            return _no("missing_scope")
        return answer({"ok": True, "user": {"id": user, "deleted": user in self.state["gone"], "is_bot": False}})

    def _messages(self, channel: str) -> list[Json]:
        found: list[Json] = self.state["messages"].setdefault(channel, [])
        return found

    def _find(self, channel: str, ts: object) -> Json | None:
        return next((message for message in self._messages(channel) if message["ts"] == ts), None)

    def _next_ts(self) -> str:
        """Seconds and microseconds as a string, never twice the same (docs/vendor-apis.md#slack-posting)."""
        self._last_ts = max(self._last_ts + 1, int(self.world.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def _post(self) -> Response:
        """{ok, channel, ts, message}; `thread_ts` makes it a reply."""
        given = _given()
        channel = self._channel(given.get("channel"))
        if channel is None:
            return _no("channel_not_found")
        thread = given.get("thread_ts")
        broken = broken_limit(given) or (thread and not self._find(channel, thread) and "thread_not_found")
        if broken:
            return _no(broken)
        message: Json = BOT | {"ts": self._next_ts()} | content(given)
        if thread:
            message |= {"thread_ts": thread, "reply_broadcast": bool(given.get("reply_broadcast"))}
        self._messages(channel).append(message)
        self.people.notice(channel, message)
        return answer({"ok": True, "channel": channel, "ts": message["ts"], "message": message})

    def _update(self) -> Response:
        """Replaces text and blocks; {ok, channel, ts, text, message}."""
        given = _given()
        channel = self._channel(given.get("channel"), ids_only=True)
        if channel is None:
            return _no("channel_not_found")
        message = self._find(channel, given.get("ts"))
        broken = "message_not_found" if message is None else broken_limit(given)
        if message is None or broken:
            return _no(broken or "message_not_found")
        self._edit(channel, message, given)
        return answer(
            {"ok": True, "channel": channel, "ts": message["ts"], "text": message["text"], "message": message}
        )

    def _edit(self, channel: str, message: Json, given: Json) -> None:
        message |= content(given) | {"edited": {"user": BOT["user"], "ts": self._next_ts()}}
        self.people.notice(channel, message)

    def _respond(self, token: str) -> Response:
        """A response_url: edits the message (`replace_original`), or whispers to whoever clicked."""
        about, given = self.people.response_to(token), _given()
        message = self._find(about.channel, about.ts) if about else None
        if about is None or message is None:
            return answer({"ok": False, "error": "used_url" if about is None else "message_not_found"}, 404)
        broken = broken_limit(given)
        if broken:
            return answer({"ok": False, "error": broken}, 400)
        if given.get("replace_original"):
            self._edit(about.channel, message, given)
        else:
            self.state["whispers"].append({"user": about.user, "channel": about.channel, "text": given.get("text")})
        return answer({"ok": True})

    def _hook(self, token: str) -> Response:
        """An incoming webhook: the text `ok`, and neither `ts` nor channel (docs/vendor-apis.md#slack-posting)."""
        broken = "no_service" if token == "revoked" else broken_limit(_given())
        if broken:
            return Response(broken, 404 if broken == "no_service" else 400)
        self.state["hooked"].append(content(_given()) | {"ts": self._next_ts()})
        return Response("ok")

    def reset(self) -> None:
        self.people.reset()

    def _history(self) -> Response:
        """Newest first, without replies that were not broadcast; `metadata` only with include_all_metadata."""
        channel = self._channel(_given().get("channel"), ids_only=True)
        if channel is None:
            return _no("channel_not_found")
        roots = [one for one in self._messages(channel) if one.get("reply_broadcast", True)]
        return self._page(list(reversed(roots)))

    def _replies(self) -> Response:
        """The thread's first message and its replies, oldest first."""
        given = _given()
        channel = self._channel(given.get("channel"), ids_only=True)
        if channel is None:
            return _no("channel_not_found")
        thread = [one for one in self._messages(channel) if given.get("ts") in (one["ts"], one.get("thread_ts"))]
        return self._page(thread) if thread else _no("thread_not_found")

    def _page(self, messages: list[Json]) -> Response:
        given = _given()
        oldest, latest = float(given.get("oldest") or 0), float(given.get("latest") or "inf")
        found = [one for one in messages if oldest < float(one["ts"]) < latest]
        limit = int(given.get("limit") or 100)
        with_metadata = str(given.get("include_all_metadata", "")).lower() in ("1", "true")
        page = [one if with_metadata else {**one, "metadata": None} for one in found[:limit]]
        page = [{name: value for name, value in one.items() if name != "metadata" or value} for one in page]
        return answer({"ok": True, "messages": page, "has_more": len(found) > limit})


def _given() -> Json:
    return request.args.to_dict() | json_body()


def _no(error: str) -> Response:
    return answer({"ok": False, "error": error})

"""TwinMind's API as the public pack describes it (docs/twinmind.md); nobody has checked the live one."""

import math
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Response, request

from local.sandbox.quota import MinuteWindow
from local.sandbox.shapes import Json
from local.sandbox.vendor import Route, Vendor, answer, json_body
from local.sandbox.world import World

CODES = {401: "AUTH_FAILED", 429: "RATE_LIMITED", 500: "SERVER_ERROR", 502: "SERVER_ERROR", 503: "SERVER_ERROR"}
AUDIO = (".mp3", ".wav", ".m4a", ".webm", ".ogg", ".flac")


@dataclass(frozen=True)
class Refusal:
    """Why a call fails: an HTTP status (0: no answer at all) and TwinMind's message."""

    status: int
    message: str


class TwinMind(Vendor):
    name = "twinmind"
    prefix = "/twinmind/v1"
    scheme = "Bearer "

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._window = MinuteWindow(world.clock)
        self._transcripts: dict[str, Json] = {}

    def reset(self) -> None:
        self._window.clear()
        self._transcripts.clear()

    def routes(self) -> Iterable[Route]:
        yield "GET", "/health", self._health
        yield "GET", "/me", self._me
        yield "GET", "/account/limits", self._limits
        yield "POST", "/transcribe", self._transcribe
        yield "GET", "/transcripts/<transcript>", self._transcript

    def key_label(self, key: str | None) -> str | None:
        return next((label for label, known in self.state["keys"].items() if key and known.get("key") == key), None)

    def trouble(self) -> Refusal | None:
        """Why no call is served, whatever its key (docs/twinmind.md#error-codes)."""
        if self.world["faults"]["twinmind"]["drop"]:
            return Refusal(0, "no answer")
        status = self.state["status_code"] or (200 if self.state["up"] else 503)
        return None if status == 200 else Refusal(status, "Service Unavailable")

    def key_refusal(self, key: str | None) -> Refusal | None:
        """401 with the runbook's words "Invalid API key" (docs/twinmind.md#error-codes, S-82)."""
        if key is None:
            return Refusal(401, "Missing API key")
        label = self.key_label(key)
        status = self.state["keys"][label].get("status", "active") if label else "unknown"
        return None if status == "active" else Refusal(401, f"Invalid API key{': expired' * (status == 'expired')}")

    def spend(self, calls: int, at: float | None = None) -> int:
        """Takes `calls` from the account's minute and says how many were granted (docs/twinmind.md#tiers)."""
        limits = self.state["rate_limit"]
        fixed = 0 if limits["exhausted"] else limits["remaining"]
        if fixed is not None:
            return calls if fixed > 0 else 0
        return self._window.take(calls, limits["limit"], at)

    def remaining(self, at: float | None = None) -> int:
        limits = self.state["rate_limit"]
        fixed = 0 if limits["exhausted"] else limits["remaining"]
        return int(fixed) if fixed is not None else self._window.left(limits["limit"], at)

    def error(self, status: int, message: str) -> Response:
        """{"message", "code"} (docs/twinmind.md#general, #error-codes)."""
        headers = self._headers(with_limits=False)
        if status == 429:
            headers = self._headers() | {"Retry-After": str(self._window.seconds_left())}
        return answer({"message": message, "code": CODES.get(status, "UNKNOWN")}, status, headers)

    def _headers(self, with_limits: bool = True) -> dict[str, str]:
        """X-Request-Id (docs/twinmind.md#general) and X-RateLimit-Limit, -Remaining, -Reset (#rate-limit-headers)."""
        headers = {"X-Request-Id": f"req_{secrets.token_hex(8)}"}
        limits = self.state["rate_limit"]
        if with_limits and limits["headers"]:
            headers["X-RateLimit-Limit"] = str(limits["limit"])
            headers["X-RateLimit-Remaining"] = str(self.remaining())
            headers["X-RateLimit-Reset"] = str(math.ceil(self._window.reset_at()))
        return headers

    def _served(self, body: Any, counts: bool = True) -> Response:
        """The answer to a call that needs an accepted key and, where it counts, room in the minute."""
        refusal = self.key_refusal(self.credential())
        if refusal is None and counts and not self.spend(1):
            refusal = Refusal(429, "Rate limit exceeded")
        return self.error(refusal.status, refusal.message) if refusal else answer(body, 200, self._headers())

    def _health(self) -> Response:
        """Open without a key unless the world says otherwise, 401 with a bad one (docs/twinmind.md#disagreements)."""
        bare = "Authorization" not in request.headers
        if bare and not self.state["health_needs_key"]:
            return answer({"status": "ok"}, 200, self._headers(with_limits=False))
        return self._served({"status": "ok"}, counts=self.state["rate_limit"]["health_counts"])

    def _me(self) -> Response:
        """An account with `id` and `plan`: the only hint there is (docs/twinmind.md#endpoints)."""
        return self._served(self.state["account"])

    def _limits(self) -> Response:
        """rate_limit_per_minute, concurrent_transcriptions, context_tokens (docs/twinmind.md#account-limits)."""
        per_minute = self.state["rate_limit"]["limit"]
        return self._served(
            {"rate_limit_per_minute": per_minute, "concurrent_transcriptions": 10, "context_tokens": 2_000_000}
        )

    def _transcribe(self) -> Response:
        """One of the three published shapes (twinmind.md#transcribe), or 400 for a request that lacks usable audio."""
        served = self._served({})
        if served.status_code != 200:
            return served
        url = json_body().get("audio_url")
        if not isinstance(url, str) or not url.lower().endswith(AUDIO):
            return self.error(400, "audio_url must name an mp3, wav, m4a, webm, ogg or flac file")
        transcript = self._new_transcript()
        shapes = {
            "status": {"id": transcript["id"], "status": "processing"},
            "job": {"transcript_id": transcript["id"]},
            "sync": transcript,
        }
        return answer(shapes[self.state["transcribe_answer"]], 200, self._headers())

    def _transcript(self, transcript: str) -> Response:
        """`status` completed, with the text (docs/twinmind.md#endpoints, #transcribe)."""
        found = self._transcripts.get(transcript)
        return self._served(found) if found else self.error(404, "Transcript not found")

    def _new_transcript(self) -> Json:
        transcript = {
            "id": f"tr_{secrets.token_hex(6)}",
            "status": "completed",
            "text": "Hello from the sandbox.",
            "duration_seconds": 12.0,
            "language": "en",
            "speakers": [],
            "segments": [],
            "created_at": self.world.iso(),
        }
        self._transcripts[str(transcript["id"])] = transcript
        return transcript

"""Secrets that nobody uses, planted in what the product reads; where one turns up again, something leaks."""

import base64
import json
import random
import string
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from responder.domain import redact
from tests.support import recording

FORMS = ("plain", "base64", "url", "json")
# A piece this long is a leak too: a cut through a credential must not leave half of it.
PIECE = 10
_PREFIXES = ("tm_sk_", "tm_sk_prod_", "xox" + "b-", "whsec_", "gh" + "p_", "sk_" + "live_")
_LETTERS = string.ascii_letters + string.digits
# Names whose values steer: a text in their place would be another input, not the same one with a secret in it.
_NEXT_STEP = {
    "id", "type", "event_type", "resource_type", "occurred_at", "created_at", "createdAt", "updatedAt", "status", "ok",
    "action", "alertId", "urgency", "severity", "ts", "channel", "incident_id", "update_key", "integration", "body",
    "indicator", "impact", "priority", "api_version", "incident_key", "requestId", "userId", "integrationId", "tinyId",
    "escalationId", "reopened_at", "event_payload",
}  # fmt: skip


class Garden:
    """Remembers what it gave out; forms take turns."""

    def __init__(self, seed: int = 20261123) -> None:
        self._random = random.Random(seed)
        self.planted: dict[str, str] = {}

    def secret(self, place: str, prefix: str | None = None) -> str:
        """A credential of this world: a prefix, then noise with the signs of base64 between."""
        noise = ["".join(self._random.choices(_LETTERS, k=16)) for _ in range(3)]
        secret = f"{prefix or self._random.choice(_PREFIXES)}{noise[0]}/{noise[1]}+{noise[2]}"
        self.planted[secret] = place
        return secret

    def plant(self, place: str) -> str:
        return in_form(self.secret(place), FORMS[len(self.planted) % len(FORMS)])

    def spiced(self, body: Any, place: str, name: str = "") -> Any:
        """`body` with a secret behind each text that does not steer, and fields that nobody knows."""
        if isinstance(body, dict):
            known = {key: self.spiced(value, f"{place}.{key}", key) for key, value in body.items()}
            return known | {"unknown": self.plant(f"{place}.unknown")}
        if isinstance(body, list):
            return [self.spiced(item, place, name) for item in body]
        if not isinstance(body, str) or name in _NEXT_STEP or (name == "summary" and ".priority." in place):
            return body
        if body.startswith("http"):
            host, _, path = body.partition("://")[2].partition("/")
            return f"https://me:{self.secret(place)}@{host}/{path}/{self.plant(place)}?token={self.plant(place)}"
        return f"{body} {self.plant(place)}"

    def found_in(self, text: str) -> dict[str, str]:
        """Where each secret was planted of which a piece, in any form, is in `text`; the piece beside it."""
        pieces = self._pieces()
        places = range(len(text) - PIECE + 1)
        return {
            pieces[text[at : at + PIECE]]: text[max(0, at - 60) : at + 90]
            for at in places
            if text[at : at + PIECE] in pieces
        }

    def _pieces(self) -> dict[str, str]:
        return {piece: place for secret, place in self.planted.items() for piece in _pieces(secret)}


def in_form(secret: str, form: str) -> str:
    """As a careless tool repeats it; each changes what is not a letter or digit."""
    return {
        "plain": secret,
        "base64": base64.b64encode(secret.encode()).decode(),
        "url": quote(secret, safe=""),
        "json": secret.replace("/", "\\/").replace("+", "\\u002b"),
    }[form]


def _pieces(secret: str) -> Iterator[str]:
    noise = secret[-(3 * 16 + 2) :]
    encoded = in_form(secret, "base64")
    # A prefix is no secret, so the pieces of its encoding are left out.
    for text in (*(part for half in noise.split("/") for part in half.split("+")), encoded[len(secret) - len(noise) :]):
        yield from (text[at : at + PIECE] for at in range(len(text) - PIECE + 1))


class Talkative:
    """Every server at the other end of the line repeats what it was sent and adds secrets; what we send is kept."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, garden: Garden) -> None:
        self.garden = garden
        self.sent: list[str] = []
        plain, asynchronous = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

        def handle(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            response = plain(transport, request)
            response.read()
            return self._answer(request, response)

        async def handle_async(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
            response = await asynchronous(transport, request)
            await response.aread()
            return self._answer(request, response)

        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle_async)

    def _answer(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        self.sent.append(f"{request.method} {request.url} {request.content.decode()}")
        place = f"answer to {request.method} {request.url.path}"
        text = None if request.method == "HEAD" else self._body(request, response, place)
        stored = {name: value for name, value in response.headers.items() if name != "content-length"}
        headers = stored | {"X-Request-Id": self.garden.plant(place), "Warning": self.garden.plant(place)}
        return httpx.Response(response.status_code, headers=headers, text=text)

    def _body(self, request: httpx.Request, response: httpx.Response, place: str) -> str:
        if "json" not in response.headers.get("content-type", ""):
            label = self.garden.secret(place)
            return f'{response.text}\ntwinmind_errors_total{{error_type="{label}"}} 3\n'
        credential = request.headers.get("authorization", "").rpartition(" ")[2].rpartition("=")[2]
        echo = {"echo": [in_form(credential, form) for form in FORMS], "message": f"refused: {credential}"}
        body = self.garden.spiced(response.json(), place)
        return json.dumps(echo | body if isinstance(body, dict) else body)


class PerProcess(redact.Memory):
    """What redaction remembers, a function apart from the next: each has a process of its own on Lambda."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, ...]] = {}

    @property
    def known(self) -> tuple[str, ...]:
        return self._kept.get(self._name(), ())

    @known.setter
    def known(self, values: tuple[str, ...]) -> None:
        self._kept[self._name()] = values

    @staticmethod
    def _name() -> str:
        # The one function whose reads happen in threads of their own is the one that makes no such mark.
        return recording._function.get() or "run_diagnostics"

"""A webhook source and its results."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from responder.domain.alert import Alert, Source


class Authenticity(StrEnum):
    """MISSING: no credential was sent. WRONG: it matches no active secret. OLD: right, but a replay."""

    OK = "ok"
    OLD = "too old"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Ignored:
    """Authentic, but not relevant (HTTP 200)."""

    reason: str
    incident_id: str | None = None
    is_ping: bool = False


@dataclass(frozen=True)
class Malformed:
    """No event type or incident id (HTTP 400)."""

    reason: str


Parsed = Alert | Ignored | Malformed


class Authenticate(Protocol):
    def __call__(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Authenticity:
        """`body` is the exact request body, after the gateway's base64. Blank secrets match nothing."""


class Parse(Protocol):
    def __call__(self, body: Mapping[str, Any], *, received_at: datetime, bot_user: str | None) -> Parsed:
        """Never raises for a JSON object. `received_at` is aware; `bot_user` is the user of our own calls."""


@dataclass(frozen=True)
class SourceAdapter:
    """The entry `name` of the webhook secret has this vendor's secrets; `addresses` are its published ones, if any.

    `subscription_header` names the subscription of a delivery; it is not signed, and counts for pings only.
    """

    name: Source
    authenticate: Authenticate
    parse: Parse
    addresses: frozenset[str] = frozenset()
    subscription_header: str = ""


def header(headers: Mapping[str, str], name: str) -> str:
    """All values of `name` in any case, comma-joined; empty if there is none."""
    return ",".join(value for key, value in headers.items() if key.lower() == name.lower()).strip()

"""The contract of a source: how its webhooks are authenticated and parsed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from responder.domain.alert import Alert, Source


class Authenticity(StrEnum):
    """MISSING: no credential was sent. WRONG: it matches no active secret. OLD: it matches, but was signed long ago."""

    OK = "ok"
    OLD = "too old"
    MISSING = "missing"
    WRONG = "wrong"


@dataclass(frozen=True)
class Ignored:
    """The webhook is authentic, but there is nothing to do (HTTP 200)."""

    reason: str
    incident_id: str | None = None
    is_ping: bool = False


@dataclass(frozen=True)
class Malformed:
    """The webhook has no event type or no incident id (HTTP 400)."""

    reason: str


Parsed = Alert | Ignored | Malformed


class Authenticate(Protocol):
    def __call__(self, headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Authenticity:
        """`body`: the exact bytes of the request, without the gateway's base64. An empty secret must match nothing."""


class Parse(Protocol):
    def __call__(self, body: Mapping[str, Any], *, received_at: datetime, bot_user: str | None) -> Parsed:
        """Never raises for a JSON object. `received_at` has a time zone. `bot_user`: the user of our own calls."""


@dataclass(frozen=True)
class SourceAdapter:
    """`name`: also the entry in the webhook secret with the vendor's secrets. `addresses`: the vendor's published ones.

    `subscription_header`: the header that names a delivery's subscription. It is not signed, so only pings use it.
    """

    name: Source
    authenticate: Authenticate
    parse: Parse
    addresses: frozenset[str] = frozenset()
    subscription_header: str = ""


def header(headers: Mapping[str, str], name: str) -> str:
    """All values of the header `name`, in any case, joined by commas; "" if there is none."""
    return ",".join(value for key, value in headers.items() if key.lower() == name.lower()).strip()

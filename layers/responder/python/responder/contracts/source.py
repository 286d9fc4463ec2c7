"""The contract of a source: how its webhooks are authenticated and parsed."""

import hmac
from collections.abc import Callable, Mapping, Sequence
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


# Of headers, body and secrets. The body: the exact bytes of the request, without the gateway's base64. An empty secret
# must match nothing.
Authenticate = Callable[[Mapping[str, str], bytes, Sequence[str]], Authenticity]


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


def matches(sent: Sequence[bytes], expected: Sequence[bytes]) -> bool:
    """Whether any pair is equal. A list, not a generator: all pairs are compared, so the time does not tell which."""
    equal = [hmac.compare_digest(one, other) for one in sent for other in expected]
    return any(equal)


def header(headers: Mapping[str, str], name: str) -> str:
    """All values of the header `name`, in any case, joined by commas; "" if there is none."""
    return ",".join(value for key, value in headers.items() if key.lower() == name.lower()).strip()

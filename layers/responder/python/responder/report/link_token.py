"""The signed, expiring link to one incident's page. Pure.

A token is `<incident id>.<expiry, Unix seconds>.<signature>`; the signature is HMAC-SHA-256 over the two, so nothing of
a token can be changed, and a link to one incident opens no other.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

# Signed as well, so that a signature made with this secret for another purpose opens no page.
_PURPOSE = b"incident-page:"
_FORM = re.compile(r"([A-Za-z0-9_.-]{1,120})\.([0-9]{1,11})\.([A-Za-z0-9_-]{43})", re.ASCII)


class Access(StrEnum):
    """FORGED: not signed by us, or no token at all. EXPIRED: signed by us, but too old."""

    OK = "ok"
    EXPIRED = "expired"
    FORGED = "forged"


def token_for(incident_id: str, expires_at: datetime, secret: str) -> str:
    return _signed(f"{incident_id}.{int(expires_at.timestamp())}", secret)


def access(token: str, incident_id: str, secrets: Sequence[str], now: datetime) -> Access:
    """Whether `token` opens the page of `incident_id` at `now`, under any of the active `secrets`."""
    form = _FORM.fullmatch(token)
    if form is None:
        return Access.FORGED
    said = f"{form[1]}.{form[2]}"
    # A list, not a generator: every secret is tried, so time does not tell which one matched.
    matches = [hmac.compare_digest(_signed(said, secret).encode(), token.encode()) for secret in secrets]
    if not any(matches) or form[1] != incident_id:
        return Access.FORGED
    return Access.OK if now.timestamp() < int(form[2]) else Access.EXPIRED


def _signed(said: str, secret: str) -> str:
    digest = hmac.new(secret.encode("utf-8", "surrogatepass"), _PURPOSE + said.encode(), hashlib.sha256).digest()
    return f"{said}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

"""The signed, expiring link to one incident's page, and whether a link that comes back opens it.

A token is `<incident id>.<expiry, Unix seconds>.<signature>`; the signature is HMAC-SHA-256 over the two, so nothing of
a token can be changed, and a link to one incident opens no other.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from urllib.parse import quote

from responder.aws.active_secrets import active_secrets
from responder.aws.parameters import api_url
from responder.aws.secrets import CachedSecret, SecretUnreadable
from responder.config.settings import Settings
from responder.context import IncidentContext
from responder.domain.clock import now

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


def page_url(settings: Settings, incident_id: str, at: datetime, life: timedelta) -> str | None:
    """A fresh link, signed with the first active secret; None where secret or address cannot be read."""
    try:
        active = active_secrets(_secret(settings.page_signing_secret).value() or "")
    except SecretUnreadable:
        return None
    address = api_url(settings.api_url_parameter)
    if not active or not address:
        return None
    token = token_for(incident_id, at + life, active[0])
    return f"{address}/incidents/{quote(incident_id, safe='')}/page?token={token}"


def link_for(ctx: IncidentContext) -> str | None:
    """A link that is valid while people work on the incident. None: messages go without it; the timeline says so."""
    url = page_url(ctx.settings, ctx.incident.id, now(), timedelta(days=ctx.runbook.page.link_days))
    if url is None:
        text = "No link to the incident page: its signing secret or the API's address cannot be read."
        ctx.record("configuration", text, key=f"no-page-{ctx.execution_number}")
    return url


def access_by(settings: Settings, token: str, incident_id: str, at: datetime) -> Access | None:
    """None if the stack has no signing secret. Reads the secret again on a mismatch: it may have been rotated.

    Raises SecretUnreadable when Secrets Manager cannot be asked.
    """
    secret = _secret(settings.page_signing_secret)
    found: Access | None = None
    for missed in (False, True):
        active = active_secrets(secret.value(missed=missed) or "")
        found = access(token, incident_id, active, at) if active else None
        if found not in (None, Access.FORGED):
            break
    return found


@cache
def _secret(secret_id: str) -> CachedSecret:
    return CachedSecret(secret_id)

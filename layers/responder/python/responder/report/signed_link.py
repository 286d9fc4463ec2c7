"""Where an incident's page is: the API's address, and the secret under which its links are signed."""

from datetime import datetime, timedelta
from functools import cache
from urllib.parse import quote

from responder.aws.active_secrets import active_secrets
from responder.aws.parameters import api_url
from responder.aws.secrets import CachedSecret, SecretUnreadable
from responder.config.settings import Settings
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.report.link_token import Access, access, token_for


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

"""Mails that people may send: written with the figures of the incident, never sent by the responder. Pure."""

from responder.config.runbook import Runbook
from responder.diagnosis.quota import Quota
from responder.domain.incident import Incident


def higher_limit(incident: Incident, runbook: Runbook, quota: Quota, *, is_protected: bool) -> str:
    """The request to TwinMind's support for a higher rate limit (S-75). What was not seen is left to fill in.

    `is_protected`: service flags of ours are switched for it.
    """
    contacts = runbook.contacts
    to = contacts.enterprise_email if quota.tier in (None, "enterprise") else contacts.support_email
    limit = f"{quota.limit} requests a minute ({quota.source})" if quota.limit else "[not seen: look it up]"
    made = f"{quota.requests_per_minute} requests a minute" if quota.requests_per_minute is not None else "[fill in]"
    refused = f"{quota.refused}{_within(quota)}" if quota.refused is not None else "[fill in]"
    meanwhile = "We hold our own clients back meanwhile. " if is_protected else ""
    return "\n".join(
        (
            f"# a mail to send: {to}",
            "Subject: Request for a higher rate limit",
            "",
            f"Since {incident.started_at:%Y-%m-%d %H:%M} UTC your API refuses part of our requests with HTTP 429.",
            f"Our limit: {limit}",
            f"Our traffic: {made}",
            f"Refused with 429: {refused}",
            f"Our tier: {quota.tier or '[fill in]'}",
            f"{meanwhile}Please raise the limit, or tell us what we need for a higher one.",
            f"Our reference: {incident.id}",
        )
    )


def _within(quota: Quota) -> str:
    return f" within {quota.window_seconds:g} s" if quota.window_seconds else ""

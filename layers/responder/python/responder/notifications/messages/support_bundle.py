"""Mails to TwinMind's support: written with the figures of the incident, sent only by people. Pure.

With them go the ids, times, statuses and headers of our calls, to find these in their logs (S-100, S-101).
"""

from collections.abc import Iterable, Sequence

from responder.config.runbook import Runbook
from responder.diagnosis.quota import Quota
from responder.domain.diagnosis import Severity
from responder.domain.finding import Finding, spoken
from responder.domain.incident import Incident
from responder.notifications.messages.wording import symptom

# The probes whose findings are TwinMind's answers to our calls, except the one that tries standby keys.
_THEIRS = ("twinmind_health", "twinmind_health_with_key", "twinmind_account", "twinmind_rate_limit", "twinmind_limits",
           "twinmind_timing", "twinmind_transcription", "twinmind_status_page")  # fmt: skip
_HEADERS = {
    "limit": "limit {}",
    "remaining": "remaining {}",
    "reset_in_seconds": "reset in {} s",
    "retry_after_seconds": "retry after {} s",
}


def bundle(findings: Iterable[Finding]) -> tuple[str, ...]:
    """One line a call, oldest first; empty where TwinMind was not asked. No key, no body, no text of an alert."""
    return tuple(map(call_line, our_calls(findings)))


def our_calls(findings: Iterable[Finding]) -> list[Finding]:
    calls = [one for one in findings if one.probe in _THEIRS and _answer(one)]
    return sorted(calls, key=lambda one: (one.at, one.probe))


def support_mail(incident: Incident, runbook: Runbook, findings: Sequence[Finding]) -> str:
    """To the address that answers soonest for this severity; only people send it."""
    contacts = runbook.contacts
    is_urgent = incident.severity in (None, Severity.P1, Severity.P2)
    to = contacts.enterprise_email if is_urgent else contacts.support_email
    seen, since = symptom(incident), f"{incident.started_at:%Y-%m-%d %H:%M} UTC"
    lines = (
        f"{seen}, first seen {since}. What we saw of your API:",
        *(f"- {line}" for line in bundle(findings) or ("[no answer of yours was recorded: add what you see]",)),
        "Do you know of this, and when will it end? Please tell us what we can do meanwhile.",
    )
    return _mail(to, f"{seen} since {since}", lines, incident)


def higher_limit(incident: Incident, runbook: Runbook, quota: Quota, *, is_protected: bool) -> str:
    """The request for a higher rate limit (S-75). What was not seen is left to fill in.

    `is_protected`: service flags of ours are switched for it.
    """
    contacts = runbook.contacts
    to = contacts.enterprise_email if quota.tier in (None, "enterprise") else contacts.support_email
    limit = f"{quota.limit} requests a minute ({quota.source})" if quota.limit else "[not seen: look it up]"
    made = f"{quota.requests_per_minute} requests a minute" if quota.requests_per_minute is not None else "[fill in]"
    within = f" within {quota.window_seconds:g} s" if quota.window_seconds else ""
    meanwhile = "We hold our own clients back meanwhile. " if is_protected else ""
    lines = (
        f"Since {incident.started_at:%Y-%m-%d %H:%M} UTC your API refuses part of our requests with HTTP 429.",
        f"Our limit: {limit}",
        f"Our traffic: {made}",
        f"Refused with 429: {'[fill in]' if quota.refused is None else f'{quota.refused}{within}'}",
        f"Our tier: {quota.tier or '[fill in]'}",
        f"{meanwhile}Please raise the limit, or tell us what we need for a higher one.",
    )
    return _mail(to, "Request for a higher rate limit", lines, incident)


def _mail(to: str, subject: str, lines: Iterable[str], incident: Incident) -> str:
    head = (f"# a mail to send: {to}", f"Subject: {subject}", "")
    return "\n".join((*head, *lines, f"Our reference: {incident.id}"))


def call_line(finding: Finding) -> str:
    seen = finding.measurements
    request = f", request id {seen['request_id']}" if seen.get("request_id") else ""
    headers = ", ".join(text.format(seen[name]) for name, text in _HEADERS.items() if seen.get(name) is not None)
    told = f"; rate limit: {headers}" if headers else ""
    return f"{finding.at:%H:%M:%S} UTC {spoken(finding.probe)}: {_answer(finding)}{request}{told}"


def _answer(finding: Finding) -> str | None:
    seen = finding.measurements
    took = f" in {seen['latency_ms']} ms" if "latency_ms" in seen else ""
    if "http_status" in seen:
        return f"HTTP {seen['http_status']}{took}"
    if "fault" in seen:
        return f"no answer ({seen['fault']}){took}"
    if seen.get("samples"):
        slowest = f", the slowest in {seen['latency_max_ms']} ms" if "latency_max_ms" in seen else ""
        return f"{seen.get('answered', 0)} of {seen['samples']} timed calls got any answer{slowest}"
    return None

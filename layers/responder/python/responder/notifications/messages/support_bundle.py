"""Data for TwinMind's support, to find our calls in their logs (S-100, S-101): ids, times, statuses, headers. Pure."""

from collections.abc import Iterable, Sequence

from responder.config.runbook import Runbook
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
    seen = symptom(incident)
    return "\n".join(
        (
            f"# a mail to send: {to}",
            f"Subject: {seen} since {incident.started_at:%Y-%m-%d %H:%M} UTC",
            "",
            f"{seen}, first seen {incident.started_at:%Y-%m-%d %H:%M} UTC. What we saw of your API:",
            *(f"- {line}" for line in bundle(findings) or ("[no answer of yours was recorded: add what you see]",)),
            "Do you know of this, and when will it end? Please tell us what we can do meanwhile.",
            f"Our reference: {incident.id}",
        )
    )


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

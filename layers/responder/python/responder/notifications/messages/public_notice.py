"""What outsiders read: plain words, no probe, no command, no link. Pure.

The public notice on the status page has only templates, never a word of an alert or a finding.
"""

from dataclasses import dataclass

from responder.domain.diagnosis import Cause, Scenario, Severity, Verdict
from responder.domain.incident import Incident
from responder.domain.update import Kind, Update, clock_time

_NAMES = {
    Scenario.ALL_TRANSCRIPTIONS_FAILING: "Transcriptions are failing",
    Scenario.HIGH_LATENCY: "Transcriptions are slower than usual",
    Scenario.RATE_LIMITING: "Some transcriptions are delayed or fail",
    Scenario.AUTHENTICATION_FAILURE: "Transcriptions are failing",
    Scenario.OTHER: "Problems with transcriptions",
}
_SEEN = {
    Scenario.ALL_TRANSCRIPTIONS_FAILING: "New transcriptions currently fail.",
    Scenario.HIGH_LATENCY: "Transcriptions currently take longer than usual.",
    Scenario.RATE_LIMITING: "Some transcriptions currently fail or wait.",
    Scenario.AUTHENTICATION_FAILURE: "New transcriptions currently fail.",
    Scenario.OTHER: "Transcriptions currently do not work as they should.",
}
_TAKEN_BACK = "We take this notice back: transcriptions work as usual. We are sorry for the confusion."
_AT_PROVIDER = (Cause.PROVIDER_OUTAGE, Cause.PROVIDER_SLOW)


@dataclass(frozen=True)
class PublicNotice:
    """One state of the public entry; the words are Statuspage's (docs/vendor-apis.md#statuspage-incidents)."""

    name: str
    status: str
    body: str
    impact: str
    component_status: str


def public_notice(
    update: Update, scenario: Scenario | None, *, is_calm: bool = False, is_taken_back: bool = False
) -> PublicNotice:
    """`is_calm`: it has recovered and is watched, so this update must not repeat the bad news.

    `is_taken_back`: the notice was wrong, so it ends.
    """
    scenario = scenario or Scenario.OTHER
    status = "resolved" if is_taken_back else "monitoring" if is_calm else _status(update)
    body = _TAKEN_BACK if is_taken_back else _body(update, scenario, status)
    return _notice(scenario, update.severity, status, body)


def first_notice(incident: Incident, every_minutes: int) -> PublicNotice:
    """The notice that people are asked to approve: without a clock time, which could have passed when they decide."""
    scenario = incident.scenario or Scenario.OTHER
    body = f"{_found(incident.cause, scenario)} Next update within {every_minutes} minutes."
    return _notice(scenario, incident.severity, _open_status(incident.cause), body)


def _status(update: Update) -> str:
    found = {Kind.MITIGATED: "monitoring", Kind.RESOLVED: "resolved"}.get(update.kind)
    return found or _open_status(update.cause)


def _open_status(cause: Cause | None) -> str:
    return "investigating" if cause is Cause.UNKNOWN else "identified"


def _notice(scenario: Scenario, severity: Severity | None, status: str, body: str) -> PublicNotice:
    is_worst, component = severity is Severity.P1, "operational"
    if status != "resolved":
        is_slow = scenario is Scenario.HIGH_LATENCY
        component = "degraded_performance" if is_slow else "major_outage" if is_worst else "partial_outage"
    return PublicNotice(_NAMES[scenario], status, body, "critical" if is_worst else "major", component)


def _body(update: Update, scenario: Scenario, status: str) -> str:
    if status == "resolved":
        return "This is resolved: transcriptions work as usual again. We are sorry for the interruption."
    calm = "Transcriptions work again. We are watching that it stays so."
    found = calm if status == "monitoring" else _found(update.cause, scenario)
    promise = f" Next update by {clock_time(update.next_update_by)}." if update.next_update_by else ""
    return found + promise


def _found(cause: Cause | None, scenario: Scenario) -> str:
    if cause in _AT_PROVIDER:
        return f"{_SEEN[scenario]} The cause lies with our transcription provider; we follow it and tell you here."
    if cause is Cause.UNKNOWN:
        return f"{_SEEN[scenario]} We are looking for the cause."
    return f"{_SEEN[scenario]} We have found the cause and are working on it."


_WHOSE = {
    Verdict.THEIRS: "The cause lies with TwinMind, our transcription provider; we follow it.",
    Verdict.KEY: "Our access to TwinMind is the cause; it is being renewed.",
    Verdict.QUOTA: "We have reached the limit of calls that TwinMind allows us; load is being reduced.",
    Verdict.NETWORK: "The connection to TwinMind is the cause; our network people are working on it.",
    Verdict.OURS: "The cause lies in our own service; it is being worked on.",
    Verdict.NONE: "Nothing wrong was found so far; we keep watching.",
    Verdict.UNKNOWN: "The cause is not known yet; people are looking for it.",
}


def stakeholder_text(update: Update, incident: Incident) -> str:
    """Severity, what users notice if a finding shows it, whose fault it is, and when stakeholders hear more.

    No clock time: stakeholders get no progress in between, so that promise would not be kept.
    """
    parts = (_state(update, incident), _more(update), f"Incident {update.incident_id}")
    return "\n".join(part for part in parts if part)


def _state(update: Update, incident: Incident) -> str:
    severity = f"{update.severity.value}: " if update.severity else ""
    if update.kind is Kind.RESOLVED and incident.merged_into:
        return f"{severity}This goes on as incident {incident.merged_into}: there were two alerts about it."
    if update.kind is Kind.RESOLVED:
        return f"{severity}The incident of the transcription service is over."
    if update.kind is Kind.MITIGATED:
        return f"{severity}The transcription service works again; we watch that it stays so."
    seen = _SEEN[incident.scenario or Scenario.OTHER]
    seen = seen if incident.user_impact else "We do not see that users are affected."
    whose = f" {_WHOSE[update.cause.verdict]}" if update.cause else ""
    return f"{severity}{seen}{whose}"


def _more(update: Update) -> str:
    return "" if update.kind is Kind.RESOLVED else "We write again when this changes, and when it is over."

"""What the public reads on the status page: templates only, never a word of an alert or a finding. Pure."""

from dataclasses import dataclass

from responder.messages.update import Kind, Update, clock_time
from responder.words import Cause, Scenario, Severity

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
_AT_PROVIDER = (Cause.PROVIDER_OUTAGE, Cause.PROVIDER_SLOW)


@dataclass(frozen=True)
class PublicNotice:
    """One state of the public entry; the words are Statuspage's (facts, webhooks-and-apis.md 4.2)."""

    name: str
    status: str
    body: str
    impact: str
    component_status: str


def public_notice(update: Update, scenario: Scenario | None) -> PublicNotice:
    scenario = scenario or Scenario.OTHER
    status = {Kind.MITIGATED: "monitoring", Kind.RESOLVED: "resolved"}.get(update.kind, "identified")
    return PublicNotice(
        name=_NAMES[scenario],
        status=status,
        body=_body(update, scenario, status),
        impact="critical" if update.severity is Severity.P1 else "major",
        component_status="operational" if status == "resolved" else _component(update, scenario),
    )


def _component(update: Update, scenario: Scenario) -> str:
    if scenario is Scenario.HIGH_LATENCY:
        return "degraded_performance"
    return "major_outage" if update.severity is Severity.P1 else "partial_outage"


def _body(update: Update, scenario: Scenario, status: str) -> str:
    if status == "resolved":
        return "This is resolved: transcriptions work as usual again. We are sorry for the interruption."
    if status == "monitoring":
        found = "Transcriptions work again. We are watching that it stays so."
    elif update.cause in _AT_PROVIDER:
        found = f"{_SEEN[scenario]} The cause lies with our transcription provider; we follow it and tell you here."
    else:
        found = f"{_SEEN[scenario]} We have found the cause and are working on it."
    promise = f" Next update by {clock_time(update.next_update_by)}." if update.next_update_by else ""
    return found + promise

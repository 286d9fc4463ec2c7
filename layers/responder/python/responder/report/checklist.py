"""The runbook's first five minutes as boxes (S-10 to S-23): ticked is what was really done, with its time. Pure.

What only people can do, or what the workflow could not see, stays open and says so.
"""

from collections.abc import Iterator
from datetime import datetime

from responder.domain.finding import Finding, FindingStatus, spoken
from responder.domain.severity import Severity
from responder.domain.update import Audience, clock_time
from responder.notifications.incident_history import IncidentHistory
from responder.notifications.messages.wording import symptom
from responder.report.render.document import Checkbox

_PUBLIC = (Severity.P1, Severity.P2)


def first_five_minutes(history: IncidentHistory) -> tuple[Checkbox, ...]:
    return (*_alert(history), *_health(history), *_assessment(history), *_communication(history))


def _alert(history: IncidentHistory) -> Iterator[Checkbox]:
    incident = history.incident
    person, machine = incident.acknowledged_at, incident.machine_acknowledged_at
    beside = f" (the workflow did at {clock_time(machine)}, which stops no clock)" if machine and not person else ""
    yield _box("acknowledge", f"Acknowledge in PagerDuty or Opsgenie{beside}", person)
    chats = " or ".join(history.notification.runbook.vendors.chats)
    yield _box("join", f"Join the incident channel{f' {chats}' if chats else ''}", None)
    yield _box("start", "Note the start time", incident.started_at)


def _health(history: IncidentHistory) -> Iterator[Checkbox]:
    page = history.notification.runbook.endpoints.status_page_url
    for name, text, probes in (
        ("status-page", f"Check the TwinMind status page {page}", ("twinmind_status_page",)),
        ("health", "Check our service's health endpoint", ("service_health", "service_twinmind_health")),
        ("deployments", "Check recent deployments", ("service_workload",)),
        # The network to TwinMind is not our infrastructure, so its probe alone does not tick this box.
        ("infrastructure", "Check infrastructure status", ("service_usage", "infrastructure_alarms")),
    ):
        seen = [found for probe in probes if (found := history.finding(probe)) and _saw(found)]
        verdict = ", ".join(f"{spoken(finding.probe)} {finding.status.value}" for finding in seen)
        yield _box(name, f"{text}{f': {verdict}' if seen else ''}", min((one.at for one in seen), default=None))


def _saw(finding: Finding) -> bool:
    return finding.status is not FindingStatus.UNKNOWN and finding.measurements.get("configured") is not False


def _assessment(history: IncidentHistory) -> Iterator[Checkbox]:
    incident, at = history.incident, history.first("diagnosis")
    found = f": {symptom(incident)}" if incident.scenario else ""
    yield _box("functionality", f"Identify the affected functionality{found}", at if incident.scenario else None)
    impact = f": {incident.impact}" if incident.impact else ""
    yield _box("impact", f"Estimate the user impact{impact}", at if incident.impact else None)
    severity = f": {incident.severity.value}" if incident.severity else ""
    yield _box("severity", f"Classify the severity (P1 to P4){severity}", at if incident.severity else None)


def _communication(history: IncidentHistory) -> Iterator[Checkbox]:
    incident = history.incident
    if incident.severity and incident.severity not in _PUBLIC:
        yield Checkbox(
            "public", (f"Update the status page (if P1 or P2): not called for, this is {incident.severity}",), True
        )
    else:
        yield _box("public", "Update the status page (if P1 or P2)", history.reached(Audience.PUBLIC))
    yield _box("stakeholders", "Notify stakeholders", history.reached(Audience.STAKEHOLDERS))
    yield _box("ticket", "Create the incident ticket", incident.ticket.created_at if incident.ticket else None)


def _box(name: str, text: str, at: datetime | None) -> Checkbox:
    return Checkbox(f"first-{name}", (f"{text} ({clock_time(at)})" if at else text,), at is not None)

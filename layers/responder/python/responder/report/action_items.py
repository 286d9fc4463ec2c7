"""What people tick: the first five minutes (S-10 to S-23), and the report's action items (S-126). Pure.

Of the first five minutes, ticked is what was really done, with its time. What only people can do, or what the workflow
could not see, stays open and says so. The action items are derived from what happened.
"""

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from responder.domain.diagnosis import Cause, Severity, Verdict
from responder.domain.finding import Finding, FindingStatus, spoken
from responder.domain.incident import Incident, names
from responder.domain.update import Audience, clock_time
from responder.notifications.messages.ending import left_to_people
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.parts import readable
from responder.notifications.messages.wording import symptom
from responder.report.render.document import Checkbox

_PUBLIC = (Severity.P1, Severity.P2)


def first_five_minutes(history: NotificationContext) -> tuple[Checkbox, ...]:
    return (*_alert(history), *_health(history), *_assessment(history), *_communication(history))


def _alert(history: NotificationContext) -> Iterator[Checkbox]:
    incident = history.incident
    person, machine = incident.acknowledged_at, incident.machine_acknowledged_at
    beside = f" (the workflow did at {clock_time(machine)}, which stops no clock)" if machine and not person else ""
    yield _box("acknowledge", f"Acknowledge in PagerDuty or Opsgenie{beside}", person)
    chats = " or ".join(history.runbook.vendors.chats)
    yield _box("join", f"Join the incident channel{f' {chats}' if chats else ''}", None)
    yield _box("start", "Note the start time", incident.started_at)


def _health(history: NotificationContext) -> Iterator[Checkbox]:
    page = history.runbook.endpoints.status_page_url
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


def _assessment(history: NotificationContext) -> Iterator[Checkbox]:
    incident, at = history.incident, history.first("diagnosis")
    found = f": {symptom(incident)}" if incident.scenario else ""
    yield _box("functionality", f"Identify the affected functionality{found}", at if incident.scenario else None)
    impact = f": {incident.impact}" if incident.impact else ""
    yield _box("impact", f"Estimate the user impact{impact}", at if incident.impact else None)
    severity = f": {incident.severity.value}" if incident.severity else ""
    yield _box("severity", f"Classify the severity (P1 to P4){severity}", at if incident.severity else None)


def _communication(history: NotificationContext) -> Iterator[Checkbox]:
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


LATE = timedelta(minutes=2)
# The post-mortem is due by then too.
FOLLOW_UP_TIME = timedelta(days=7)
# PagerDuty's own limit for its first public update.
FIRST_NOTICE = timedelta(minutes=5)


def follow_ups(history: NotificationContext) -> tuple[Checkbox, ...]:
    """The action items as boxes; a box keeps its name while its text stays, so that people's ticks stay too."""
    due, items = due_date(history.incident), action_items(history)
    when = f" (owner: to be named, due {due})" if due else ""
    boxes = ((f"todo-{hashlib.sha256(item.encode()).hexdigest()[:8]}", (f"{item}{when}",)) for item in items)
    return tuple(Checkbox(*box) for box in boxes)


def due_date(incident: Incident) -> str | None:
    """When the follow-ups are due, as a date; None before the end."""
    return f"{incident.resolved_at + FOLLOW_UP_TIME:%Y-%m-%d}" if incident.resolved_at else None


def action_items(history: NotificationContext) -> list[str]:
    """At least one of each sort that the template asks for, so that none is forgotten."""
    return [
        *[f"Preventive: {item}" for item in list(_preventive(history)) or ["decide what would have prevented this."]],
        *[f"Monitoring: {item}" for item in list(_monitoring(history)) or ["check that the alert came early enough."]],
        *[f"Documentation: {item}" for item in _documentation(history)],
    ]


def _preventive(history: NotificationContext) -> Iterator[str]:
    outcomes = {action.outcome for action in history.actions}
    if "promoted" in outcomes:
        yield from left_to_people(history)
        yield "find out why the old key was rejected."
    elif "no_standby_key" in outcomes or _no_spare(history):
        command = f"make stage-key STACK={history.settings.stack_name}"
        yield f"stage two standby keys, so that the next rotation needs nobody. Command, for each: {command}"
    yield from _BY_CAUSE.get(history.cause, ())
    if history.cause.verdict is Verdict.THEIRS:
        yield "ask TwinMind for their account of it, and decide what our users should see meanwhile."


def _no_spare(history: NotificationContext) -> bool:
    """Whether no standby key would have worked, even if none was needed."""
    found = history.finding("twinmind_standby_key")
    return found is not None and found.measurements.get("standby") in ("none", "refused")


_BY_CAUSE = {
    Cause.KEY_STALE: ("let the service reload its key when the secret changes, instead of only at its start.",),
    Cause.KEY_LEAKED: ("find out how the key got out, and close that way.",),
    Cause.RATE_LIMITED: ("ask for a higher limit, or cache and batch requests.",),
    Cause.SERVICE_OVERLOADED: ("raise the autoscaler's floor or limits.",),
    Cause.SERVICE_FAULT: ("add a check before deployment that would have caught it.",),
    Cause.NETWORK_FAILURE: ("review name resolution, firewall rules and egress with the network's owner.",),
    Cause.UNKNOWN: ("find the root cause.",),
}


def _monitoring(history: NotificationContext) -> Iterator[str]:
    yield from _came_late(history)
    unknown = [finding.probe for finding in history.findings if finding.status is FindingStatus.UNKNOWN]
    # During a fault of this kind TwinMind may not answer: that is no lack of configuration.
    silent = history.cause.verdict in (Verdict.THEIRS, Verdict.KEY, Verdict.QUOTA, Verdict.NETWORK)
    blind = [probe for probe in unknown if not (silent and probe.startswith("twinmind_"))]
    if blind:
        yield f"these probes could not see: {names(map(spoken, sorted(blind)))}; configure what they need."
    metrics = history.finding("service_metrics")
    if metrics and metrics.measurements.get("queue_exposed") is False:
        yield "the service exposes no queue metrics; without them a growing queue is seen only by its users."
    broken = {str(entry.data.get("channel")) for entry in history.timeline if entry.key.startswith("failed-")}
    if broken - {"None"}:
        yield f"these channels failed: {names(sorted(broken - {'None'}))}; repair them."
    if history.cause is Cause.NO_FAULT:
        yield "review the alert rule: it fired, and nothing was found."
    yield from _unanswered(history)


def _came_late(history: NotificationContext) -> Iterator[str]:
    incident, notice = history.incident, history.reached(Audience.PUBLIC)
    if incident.opened_at and incident.opened_at - incident.started_at > LATE:
        minutes = round((incident.opened_at - incident.started_at).total_seconds() / 60)
        yield f"the alert reached us {minutes} minutes after it was raised; check the subscription and its delays."
    if notice and notice - incident.started_at > FIRST_NOTICE:
        late = round((notice - incident.started_at).total_seconds() / 60)
        yield f"the public was told {late} minutes after the alert; see what held the notice up."


def _unanswered(history: NotificationContext) -> Iterator[str]:
    late_tasks = [
        readable(task.sentence).rstrip(".") for task in history.incident.human_tasks if task.decision == "expired"
    ]
    if late_tasks:
        yield f"nobody decided in time on: {names(late_tasks)}; check who is asked, and where."
    if history.has("escalation"):
        yield "nobody acknowledged in time; check how the on-call engineer is reached."


def _documentation(history: NotificationContext) -> Iterator[str]:
    yield "schedule the post-mortem within a week, and add the lessons to this report."
    yield "update the runbook where a step was missing or wrong."
    if history.has("workflow_failed"):
        yield "record why the workflow failed, and what people did instead."

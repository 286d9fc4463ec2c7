"""The incident's page: its present state, made for a phone at night. Pure."""

from collections.abc import Iterator
from datetime import datetime

from responder.domain.diagnosis import Verdict
from responder.domain.human_task import HumanTask
from responder.domain.incident import IncidentStatus, names
from responder.domain.update import clock_time, shortened
from responder.notifications.messages.compose import steps_and_drafts
from responder.notifications.messages.ending import left_to_people
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.parts import duration
from responder.notifications.messages.wording import FAULT, VERDICT, symptom
from responder.report import figures, sections
from responder.report.action_items import first_five_minutes, follow_ups
from responder.report.render.document import (
    Block,
    Bullets,
    Checklist,
    Code,
    Commands,
    Document,
    Line,
    Linked,
    Section,
    Tone,
    listed,
    said,
)
from responder.report.report import resolution
from responder.workflow import deadlines, escalation

PROMISE = "Next update by"
# A title of an alert may be a page long, and the first screen is for the facts.
LONGEST_TITLE, MOST_NAMED = 200, 3
_STANDING: dict[IncidentStatus, tuple[str, Tone]] = {
    IncidentStatus.OPEN: ("Open, being worked on", "bad"),
    IncidentStatus.HANDED_OVER: ("Open, with people", "bad"),
    IncidentStatus.MITIGATED: ("Recovered, being watched", "busy"),
    IncidentStatus.RESOLVED: ("Over", "good"),
}


def incident_page(history: NotificationContext) -> Document:
    incident = history.incident
    standing, tone = _STANDING[incident.status]
    return Document(
        title=shortened(incident.title, LONGEST_TITLE),
        tone=tone,
        facts=tuple(_facts(history, standing)),
        sections=tuple(section for section in _sections(history) if section.blocks),
    )


def _facts(history: NotificationContext, standing: str) -> Iterator[tuple[str, Line]]:
    incident, cause = history.incident, history.cause
    yield "Status", (f"{standing} ({duration(incident.started_at, history.ended_at)})",)
    yield "Severity", (incident.severity.value if incident.severity else "not classified yet",)
    yield "Diagnosis", (f"{FAULT[cause]}" if incident.cause else "the checks are running",)
    if incident.cause:
        sure = f", confidence {incident.confidence:.0%}" if incident.confidence is not None else ""
        yield "Whose fault", (f"{VERDICT[cause.verdict]}{sure}",)
    yield "Symptom", (symptom(incident),)
    if incident.impact:
        yield "Impact", (incident.impact,)
    at = incident.acknowledged_at
    by = incident.acknowledgement.by if at and incident.acknowledgement else None
    who = (by.name or by.id or "a person") if by else "nobody yet" if incident.status.is_open else "nobody"
    yield "Acknowledged", (f"{who}, {clock_time(at)}" if at else who,)
    if incident.status.is_open and incident.told_at and incident.severity:
        due = deadlines.promised_by(history.runbook, escalation.severity_of(incident), incident.told_at)
        yield PROMISE, (clock_time(due),)
    beside = (f", open at the same time: {_some(history.beside)}",) if history.beside else ()
    merged = (f", merged into this one: {_some(history.merged_here)}",) if history.merged_here else ()
    into = (f", merged into {incident.merged_into}",) if incident.merged_into else ()
    grouped = (f", with {len(incident.grouped)} alerts under it",) if incident.grouped else ()
    yield "Incident", (Code(incident.id), *beside, *merged, *into, *grouped)


def _some(ids: tuple[str, ...]) -> str:
    more = (f"{len(ids) - MOST_NAMED} more",) if len(ids) > MOST_NAMED else ()
    return names((*ids[:MOST_NAMED], *more))


def _sections(history: NotificationContext) -> Iterator[Section]:
    is_open = history.incident.status.is_open
    yield Section("What we need from you", needed(history))
    yield Section("What happened", (figures.picture(history), figures.table(history)))
    yield Section("Diagnosis", sections.why(history) if history.incident.cause else ())
    yield Section("Actions", (*(() if is_open else resolution(history)), *sections.actions(history)))
    yield Section("First five minutes", (Checklist(first_five_minutes(history)),))
    yield Section("Action items", () if is_open else (Checklist(follow_ups(history)),))
    yield Section("Where to look", (Bullets(tuple((Linked(one.text, one.url),) for one in history.links)),))
    yield sections.evidence(history)
    yield Section("Timeline", sections.timeline(history))


def needed(history: NotificationContext) -> tuple[Block, ...]:
    """The steps that are left to people, while the incident is open and after its end."""
    if history.incident.status.is_open:
        return tuple(_needed(history))
    left = left_to_people(history)
    return (listed(*left),) if left else ()


def _needed(history: NotificationContext) -> Iterator[Block]:
    """Open questions first; then the people's steps, if they have the incident or if we have nothing to repair."""
    for task in history.incident.human_tasks:
        if task.is_open(history.now):
            yield said(_asked(task))
    people_have_it = history.incident.status is IncidentStatus.HANDED_OVER
    if people_have_it or (history.incident.cause and history.cause.verdict in (Verdict.THEIRS, Verdict.NONE)):
        help_text = steps_and_drafts(history)
        yield from map(said, help_text.need)
        if help_text.commands:
            yield Commands(tuple(line for command in help_text.commands for line in command.splitlines()))


def _asked(task: HumanTask) -> str:
    until = f" Open until {clock_time(task.expires_at)}." if task.expires_at else ""
    return f"{task.sentence}{f' {task.effect}' if task.effect else ''}{until}"


def footer(history: NotificationContext, expires_at: datetime) -> str:
    made = f"As of {history.now:%Y-%m-%d %H:%M:%S} UTC"
    by_itself = history.runbook.page.refresh_seconds
    news = "it reloads itself while the incident is open" if by_itself else "reload it to see what is new"
    lives = f"; {news}" if history.incident.status.is_open else ""
    link = f"This link ends on {expires_at:%Y-%m-%d %H:%M} UTC; whoever has it can read this page."
    return sections.presented(f"{made}{lives}. {link}", history)

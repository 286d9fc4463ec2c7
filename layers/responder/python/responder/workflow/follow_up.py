"""The work that is still open a day and a week after an incident closed (S-104 to S-116). Pure.

It mentions only what is open, and nothing if all is done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from responder.config.runbook import Runbook
from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident

# How many follow-ups are named; the ticket has all of them.
NAMED = 5


@dataclass(frozen=True)
class TicketState:
    """`open_boxes` are the texts of the follow-ups that nobody has ticked."""

    key: str
    is_done: bool
    open_boxes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Aftermath:
    """`ticket`: None if there is none or it cannot be read. `spares`: staged keys that would work; None if unknown."""

    incident: Incident
    rotated: bool = False
    spares: int | None = None
    unrevoked: bool = False
    alert_open: bool = False
    unanswered: tuple[str, ...] = ()
    notice_open: bool = False
    stakeholders_told: bool = True
    ticket_wanted: bool = False
    ticket: TicketState | None = None


def due_times(runbook: Runbook, closed_at: datetime) -> tuple[tuple[int, datetime], ...]:
    """Hours after closing, and when that is."""
    return tuple((hours, closed_at + timedelta(hours=hours)) for hours in runbook.afterwards.reminders_hours)


def left_open(aftermath: Aftermath, *, is_last: bool) -> tuple[str, ...]:
    """What people must still do, most urgent first. Follow-ups, which have a week's time, only in the last one."""
    later = tuple(_within_a_week(aftermath)) if is_last else ()
    return (*_within_a_day(aftermath), *later)


def _within_a_day(found: Aftermath) -> Iterator[str]:
    incident = found.incident
    if found.unrevoked:
        yield "Revoke the leaked key: TwinMind still takes it, or nobody could see that it does not."
    if incident.checks_agree is False:
        yield "Confirm that it is fully resolved: our checks still failed when people closed it."
    if found.alert_open:
        yield "Resolve the alert upstream: it is still open there."
    if found.notice_open:
        yield "Resolve the notice on our status page: it is still open."
    if not found.stakeholders_told and incident.severity in (Severity.P1, Severity.P2):
        yield "Tell stakeholders that it is over: our mail reached nobody."
    if found.rotated and not found.spares:
        seen = "no staged key would work" if found.spares == 0 else "nobody has seen a staged key work since"
        yield f"Stage a spare TwinMind key: the rotation used one up, and {seen}."
    if found.ticket_wanted and incident.ticket is None:
        yield "Write the timeline into a ticket: Jira did not take ours; the report has it."
    yield from (f"Still unanswered: {sentence}" for sentence in found.unanswered)


def _within_a_week(found: Aftermath) -> Iterator[str]:
    if found.incident.report_key is None:
        yield "Write the incident report: the workflow did not get to it."
    if found.ticket is None:
        if not found.incident.ticket:
            yield "Hold the post-mortem and write the lessons into the report; without a ticket nobody sees it."
        return
    boxes = found.ticket.open_boxes
    for text in boxes[:NAMED]:
        yield f"{found.ticket.key}: {text}"
    if len(boxes) > NAMED:
        yield f"{found.ticket.key}: {len(boxes) - NAMED} more follow-ups."
    if not boxes and not found.ticket.is_done:
        yield f"Close {found.ticket.key}: its follow-ups are done."

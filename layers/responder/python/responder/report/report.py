"""The incident report by the runbook's template (S-117 to S-127), filled from what was recorded. Pure."""

from datetime import datetime

from responder.domain.diagnosis import Verdict
from responder.domain.update import clock_time
from responder.domain.zone import zone_text
from responder.notifications.messages.ending import what_ended_it
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.wording import FAULT, VERDICT, symptom
from responder.report import figures, sections
from responder.report.action_items import follow_ups
from responder.report.render.document import Block, Checklist, Code, Document, Line, Linked, Section, said

LESSONS = (
    "For the team to write, at the post-mortem within a week: what went well, what was luck, what would have helped."
)


def report_document(history: NotificationContext) -> Document:
    """Every section of the template; what only people know is marked as theirs."""
    incident = history.incident
    start = incident.started_at.astimezone(history.runbook.zone)
    return Document(
        title=f"Incident Report: {incident.title}",
        facts=(
            ("Date", (f"{start:%Y-%m-%d}",)),
            ("Duration", (_duration(start, history.ended_at.astimezone(start.tzinfo)),)),
            ("Severity", (incident.severity.value if incident.severity else "not classified",)),
            ("Impact", (_impact(history),)),
        ),
        sections=(
            Section("Summary", (*_summary(history), figures.table(history))),
            Section("Timeline", (figures.picture(history), *sections.timeline(history))),
            Section("Root Cause", (*sections.why(history), *sections.earlier(history))),
            Section("Resolution", (*resolution(history), *sections.actions(history))),
            Section("Action Items", (Checklist(follow_ups(history)),)),
            Section("Lessons Learned", (said(LESSONS),)),
            sections.evidence(history),
        ),
    )


def _duration(start: datetime, end: datetime) -> str:
    """`14:02:09 - 14:09:21 UTC (7 minutes 12 s)`; the end carries its date where it is another day."""
    until = f"{end:%H:%M:%S}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    took = figures.after(max(0.0, (end - start).total_seconds()))
    return f"{start:%H:%M:%S} - {until} {zone_text(end)} ({took})"


def _impact(history: NotificationContext) -> str:
    incident = history.incident
    if incident.impact:
        return incident.impact
    if incident.user_impact:
        return "Users were affected; how many is not measured (to be added by people)."
    return "No finding shows that users were affected."


def _summary(history: NotificationContext) -> tuple[Block, ...]:
    incident, cause = history.incident, history.cause
    confidence = f", with a confidence of {incident.confidence:.0%}" if incident.confidence is not None else ""
    beside, merged = ", ".join(history.beside), ", ".join(history.merged_here)
    sentences = (
        f"{symptom(incident)}: {FAULT[cause]}.",
        f"The fault was {VERDICT[cause.verdict]}{confidence}.",
        outcome(history),
        _admitted(history),
        f"Open at the same time: {beside}." if beside else "",
        f"Merged into this one: {merged}." if merged else "",
    )
    links: Line = tuple(inline for one in history.links for inline in (" ", Linked(one.text, one.url), "."))
    text = " ".join(sentence for sentence in sentences if sentence)
    return (said(f"{text} Incident ", Code(incident.id), ".", *links),)


def _admitted(history: NotificationContext) -> str:
    """When TwinMind's page first had an entry, if the fault was theirs."""
    entries = [entry for entry in history.timeline if entry.kind == "vendor_entry"]
    if history.cause.verdict is not Verdict.THEIRS:
        return ""
    first = min(entries, key=lambda entry: str(entry.data["entry_since"]), default=None)
    return first.text if first else "TwinMind's page had no entry about it while we looked."


def resolution(history: NotificationContext) -> tuple[Block, ...]:
    """How it ended, with the figures of the effect, and how it was closed."""
    is_over = history.incident.resolved_at is not None
    return (said(" ".join((*(what_ended_it(history) if is_over else ()), outcome(history)))),)


def outcome(history: NotificationContext) -> str:
    incident = history.incident
    if incident.resolved_at is None:
        return "It is not over yet."
    if not incident.is_over_upstream:
        return f"The checks were good again and stayed so; closed at {clock_time(incident.resolved_at)}."
    by = incident.upstream.by.name or incident.upstream.by.id if incident.upstream else None
    who = f" by {by}" if by else ""
    if incident.merged_into:
        return f"Merged into {incident.merged_into}{who} at {clock_time(incident.resolved_at)}, where it goes on."
    but = ", although our last look still found the fault" if incident.checks_agree is False else ""
    return f"Resolved upstream{who} at {clock_time(incident.resolved_at)}{but}."

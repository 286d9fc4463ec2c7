"""What report, page and ticket have in common. Pure."""

from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding, FindingStatus
from responder.domain.timeline import TimelineEntry
from responder.domain.update import clock_time, shortened
from responder.notifications.incident_history import Earlier, IncidentHistory
from responder.notifications.messages.compose import NEEDS_SUPPORT
from responder.notifications.messages.notification import console_url
from responder.notifications.messages.support_bundle import bundle
from responder.notifications.messages.wording import FAULT
from responder.report.render.document import Block, Bullets, Code, Line, Linked, listed, said

_WORST_FIRST = (FindingStatus.FAILED, FindingStatus.DEGRADED, FindingStatus.UNKNOWN, FindingStatus.OK)
# Beyond this nobody reads on; the table has it all.
LONGEST_TIMELINE, LONGEST_TEXT = 300, 2000


def timeline(history: IncidentHistory) -> tuple[Block, ...]:
    """Bounded: of a very long one the beginning and the end, and a line about what lies between."""
    entries = [entry for entry in history.timeline if not entry.data.get("routine")]
    left_out = len(entries) - LONGEST_TIMELINE
    lines = [_entry(entry, history) for entry in entries]
    if left_out > 0:
        half = LONGEST_TIMELINE // 2
        between: Line = (f"… {left_out} entries are left out here; GET /incidents/{history.incident.id} has them all.",)
        lines = [*lines[:half], between, *lines[-half:]]
    return (Bullets(tuple(lines)), said("All times UTC."))


def _entry(entry: TimelineEntry, history: IncidentHistory) -> Line:
    """The clock time, with the date where the day is not that of the alert."""
    same_day = entry.at.date() == history.incident.started_at.date()
    who = "" if entry.actor == "workflow" else f" ({entry.actor})"
    when = f"{entry.at:%H:%M}{'' if same_day else f' ({entry.at:%Y-%m-%d})'}"
    return (f"{when} - {shortened(entry.text, LONGEST_TEXT)}{who}",)


def cause_sentence(cause: Cause) -> str:
    if cause is Cause.UNKNOWN:
        return "Not known: the findings are missing or contradict each other. For people to find."
    if cause is Cause.NO_FAULT:
        return "No fault was found."
    return f"{FAULT[cause][0].upper()}{FAULT[cause][1:]}."


def why(history: IncidentHistory) -> tuple[Block, ...]:
    """The cause with its reasons and the evidence, what failed first: it is what the reader looks for."""
    blocks: list[Block] = [said(cause_sentence(history.notification.cause))]
    if history.incident.reasons:
        blocks += [said("Why we say so:"), listed(*history.incident.reasons)]
    return (*blocks, *evidence(history))


def evidence(history: IncidentHistory) -> tuple[Block, ...]:
    ordered = sorted(history.findings, key=lambda finding: (_WORST_FIRST.index(finding.status), finding.probe))
    looked = [finding for finding in ordered if not _was_spared(finding)]
    spared = ", ".join(finding.probe for finding in ordered if _was_spared(finding))
    lines = (*map(_finding, looked), *([(f"Not configured, or spared: {spared}.",)] if spared else []))
    return (said("Evidence:"), Bullets(lines)) if lines else ()


def for_support(history: IncidentHistory) -> tuple[Block, ...]:
    """The bundle for TwinMind's support: nothing in it is secret."""
    lines = bundle(history.findings) if history.notification.cause.verdict in NEEDS_SUPPORT else ()
    return (said("For TwinMind's support:"), listed(*lines)) if lines else ()


def _was_spared(finding: Finding) -> bool:
    """Nothing of the kind is configured, or an optional call was not made (docs/probes.md)."""
    is_ok = finding.status is FindingStatus.OK
    return is_ok and (finding.measurements.get("configured") is False or "skipped_for" in finding.measurements)


def _finding(finding: Finding) -> Line:
    when = f"{finding.status.value}, {clock_time(finding.at)}, from the {finding.seen_from}"
    return (Code(finding.probe), f" ({when}): {finding.summary}")


def actions(history: IncidentHistory) -> tuple[Block, ...]:
    if not history.actions:
        return (said("The workflow changed nothing."),)
    lines = tuple(
        (f"{clock_time(one.at)}: {one.data.get('text') or f'{one.name}: {one.outcome}.'}",) for one in history.actions
    )
    return (said("What the workflow did:"), Bullets(lines))


def earlier(history: IncidentHistory) -> tuple[Block, ...]:
    if not history.earlier:
        return ()
    return (said("Earlier incidents with the same cause:"), Bullets(tuple(map(_earlier, history.earlier))))


def _earlier(one: Earlier) -> Line:
    return (f"{one.incident.started_at:%Y-%m-%d %H:%M} UTC, ", Code(one.incident.id), f": {one.ended_by}")


def console(history: IncidentHistory) -> Line:
    """The execution that people look at; empty where none was started."""
    arns = history.incident.execution_arns
    return (Linked("Execution in the console", console_url(history.notification.region, arns[-1])),) if arns else ()


def alert(history: IncidentHistory) -> Line:
    return (Linked("Alert", history.incident.url),) if history.incident.url else ()

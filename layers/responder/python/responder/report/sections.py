"""The parts that report, page and ticket share. Pure."""

from datetime import datetime

from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import TimelineEntry
from responder.domain.redact import redact
from responder.domain.update import clock_time, shortened
from responder.domain.zone import in_zone, zone_text
from responder.notifications.messages.compose import NEEDS_SUPPORT
from responder.notifications.messages.notification import Earlier, NotificationContext
from responder.notifications.messages.parts import outcomes, readable
from responder.notifications.messages.support_bundle import bundle
from responder.notifications.messages.wording import FAULT
from responder.report.render.document import (
    Block,
    Bullets,
    Code,
    Line,
    Section,
    Value,
    listed,
    said,
    with_texts,
)

_WORST_FIRST = (FindingStatus.FAILED, FindingStatus.DEGRADED, FindingStatus.UNKNOWN, FindingStatus.OK)
# A longer timeline or text is cut: nobody reads it here, and the table has it all.
LONGEST_TIMELINE, LONGEST_TEXT = 300, 2000


def timeline(history: NotificationContext) -> tuple[Block, ...]:
    """A very long timeline is cut: its beginning, its end, and a line about what is left out."""
    entries = [entry for entry in history.timeline if not entry.data.get("routine")]
    left_out = len(entries) - LONGEST_TIMELINE
    lines = [_entry(entry, history) for entry in entries]
    if left_out > 0:
        half = LONGEST_TIMELINE // 2
        between: Line = (f"… {left_out} entries are left out here; GET /incidents/{history.incident.id} has them all.",)
        lines = [*lines[:half], between, *lines[-half:]]
    return (Bullets(tuple(lines)), said(f"All times {zone_text(_local(history.ended_at, history))}."))


def _local(moment: datetime, history: NotificationContext) -> datetime:
    return moment.astimezone(history.runbook.zone)


def presented(value: Value, history: NotificationContext) -> Value:
    """A document, or one text of it, as people get it: without secrets, and with the times of their zone."""
    near, zone = history.now, history.runbook.zone
    return with_texts(value, lambda text: in_zone(redact(text), near, zone))


def _entry(entry: TimelineEntry, history: NotificationContext) -> Line:
    """The clock time, with the date where the day is not that of the alert."""
    at = _local(entry.at, history)
    same_day = at.date() == _local(history.incident.started_at, history).date()
    who = "" if entry.actor == "workflow" else f" ({entry.actor})"
    when = f"{at:%H:%M:%S}{'' if same_day else f' ({at:%Y-%m-%d})'}"
    return (f"{when} - {shortened(entry.text, LONGEST_TEXT)}{who}",)


def cause_sentence(cause: Cause) -> str:
    if cause is Cause.UNKNOWN:
        return "Not known: findings are missing, or contradict each other. People must find it."
    if cause is Cause.NO_FAULT:
        return "No fault was found."
    return f"{FAULT[cause][0].upper()}{FAULT[cause][1:]}."


def why(history: NotificationContext) -> tuple[Block, ...]:
    """The cause with its reasons; the findings behind them are in `evidence`."""
    blocks: list[Block] = [said(cause_sentence(history.cause))]
    if history.incident.reasons:
        blocks += [said("Why we say so:"), listed(*map(readable, history.incident.reasons))]
    return tuple(blocks)


def evidence(history: NotificationContext) -> Section:
    """Every finding behind the diagnosis, failed ones first, and the bundle for TwinMind's support."""
    ordered = sorted(history.findings, key=lambda finding: (_WORST_FIRST.index(finding.status), finding.probe))
    looked = [finding for finding in ordered if not _was_spared(finding)]
    spared = ", ".join(finding.probe for finding in ordered if _was_spared(finding))
    lines = (*map(_finding, looked), *([(f"Not configured, or left out to save calls: {spared}.",)] if spared else []))
    needs_support = history.cause.verdict in NEEDS_SUPPORT
    calls = bundle(history.findings) if needs_support else ()
    for_support: tuple[Block, ...] = (said("For TwinMind's support:"), listed(*calls)) if calls else ()
    return Section("Evidence", (*((Bullets(lines),) if lines else ()), *for_support), folded=True)


def _was_spared(finding: Finding) -> bool:
    """Whether the probe is not configured, or left out an optional call (docs/probes.md)."""
    is_ok = finding.status is FindingStatus.OK
    return is_ok and (finding.measurements.get("configured") is False or "skipped_for" in finding.measurements)


def _finding(finding: Finding) -> Line:
    when = f"{finding.status.value}, {clock_time(finding.at)}, from the {finding.seen_from}"
    return (Code(finding.probe), f" ({when}): {finding.summary}")


def actions(history: NotificationContext) -> tuple[Block, ...]:
    if not history.actions:
        return (said("The workflow changed nothing."),)
    return (said("What the workflow did:"), listed(*map(readable, outcomes(history.actions))))


def earlier(history: NotificationContext) -> tuple[Block, ...]:
    """The earlier incidents whose end was looked up."""
    found = [one for one in history.earlier if one.ended_by]
    return (said("Earlier incidents with the same cause:"), Bullets(tuple(map(_earlier, found)))) if found else ()


def _earlier(one: Earlier) -> Line:
    return (f"{one.incident.started_at:%Y-%m-%d %H:%M} UTC, ", Code(one.incident.id), f": {one.ended_by}.")

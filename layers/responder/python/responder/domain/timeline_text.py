"""The sentences of the timeline. Pure."""

from collections import Counter
from collections.abc import Sequence

from responder.domain.alert import Alert, AlertEvent
from responder.domain.diagnosis import Diagnosis
from responder.domain.finding import Finding, FindingStatus, spoken, without_probe_names
from responder.domain.human_task import HumanTask
from responder.domain.incident import TimelineEntry, names
from responder.domain.redact import redact

_OK = FindingStatus.OK

_SENTENCES = {
    AlertEvent.TRIGGERED: "Alert triggered",
    AlertEvent.ACKNOWLEDGED: "Acknowledged",
    AlertEvent.UNACKNOWLEDGED: "Acknowledgement taken back or timed out",
    AlertEvent.RESOLVED: "Resolved upstream",
    AlertEvent.REOPENED: "Reopened upstream",
    AlertEvent.MERGED: "Merged upstream",
    AlertEvent.PRIORITY_CHANGED: "Priority changed",
    AlertEvent.ESCALATED: "Escalated upstream",
    AlertEvent.REASSIGNED: "Reassigned upstream",
    AlertEvent.ANNOTATED: "Note added",
    AlertEvent.UPDATED: "Updated upstream",
}
# The note of these events says to whom.
_TO_SOMEBODY = (AlertEvent.ESCALATED, AlertEvent.REASSIGNED)


def entry_for(alert: Alert) -> TimelineEntry:
    """The entry for an event of the pager. The same event always gives the same entry."""
    return TimelineEntry(
        at=alert.occurred_at,
        kind=f"alert_{alert.event.value}",
        actor=actor_of(alert),
        text=_sentence(alert),
        key=f"alert-{alert.fingerprint}",
        data={"event_type": alert.event_type, "is_human": alert.actor.is_human},
    )


MERGED_HERE = "alert_merged_here"


def merged_here(alert: Alert) -> TimelineEntry:
    """The entry for the incident that remains after a merge, one for each incident merged into it."""
    title = f" ({alert.title})" if alert.title else ""
    return TimelineEntry(
        at=alert.occurred_at,
        kind=MERGED_HERE,
        actor=actor_of(alert),
        text=f"{alert.incident_id}{title} was merged into this one upstream.",
        key=f"merged-{alert.incident_id}",
        data={"incident_id": alert.incident_id, "is_human": alert.actor.is_human},
    )


def actor_of(alert: Alert) -> str:
    return f"{alert.source}:{alert.actor.name or alert.actor.id}" if alert.actor.id else alert.source


def _sentence(alert: Alert) -> str:
    text = _SENTENCES[alert.event]
    if alert.event is AlertEvent.TRIGGERED and alert.title:
        text += f": {alert.title}"
    if alert.event is AlertEvent.ACKNOWLEDGED and not alert.actor.is_human:
        text += " by a machine, which does not stop the escalation clock"
    if alert.priority and alert.event in (AlertEvent.TRIGGERED, AlertEvent.PRIORITY_CHANGED):
        text += f" ({alert.priority.value})"
    if alert.event is AlertEvent.UPDATED:
        text += f" ({alert.event_type})"
    if alert.merged_into:
        text += f" into {alert.merged_into}"
    if alert.note:
        text += f" {alert.note}" if alert.event in _TO_SOMEBODY else f": {alert.note}"
    return f"{text}."


def probe_run_text(findings: Sequence[Finding], earlier: Sequence[Finding]) -> str | None:
    """A sentence on all findings of the first probe run, or on the changes since the run before; None without any."""
    before = {finding.probe: finding.status for finding in earlier}
    ordered = sorted(findings, key=lambda finding: finding.probe)
    if not before:
        unset = [one.probe for one in ordered if one.status is _OK and one.measurements.get("configured") is False]
        looked = [one for one in findings if one.probe not in unset]
        counts = Counter(finding.status for finding in looked)
        amounts = names(f"{counts[status]} {status.value}" for status in FindingStatus if counts[status])
        odd = [f"{spoken(finding.probe)} {finding.status.value}" for finding in ordered if finding.status is not _OK]
        text = f"Checked {len(looked)} things: {amounts}." + (f" Not ok: {', '.join(odd)}." if odd else "")
        return text + (f" Not configured: {', '.join(map(spoken, unset))}." if unset else "")
    changed = [
        f"{spoken(finding.probe)} {before[finding.probe].value} → {finding.status.value}"
        for finding in ordered
        if before.get(finding.probe) not in (None, finding.status)
    ]
    return f"The checks changed: {', '.join(changed)}." if changed else None


def diagnosis_text(diagnosis: Diagnosis) -> str:
    head = f"{diagnosis.severity.value}: {spoken(diagnosis.cause.value)}, {diagnosis.confidence:.0%} sure."
    return " ".join([head, *map(without_probe_names, diagnosis.reasons)])


def decision_entry(task: HumanTask) -> TimelineEntry:
    """The entry for a decided task. The same decision always gives the same entry."""
    assert task.decided_at is not None  # noqa: S101 - a decision is stored together with its time
    reason = f" Reason: {task.reason}" if task.reason else ""
    if task.decision == "expired":
        text = f"Nobody answered in time, given up: {task.sentence}"
    else:
        text = f"{str(task.decision).capitalize()} by {task.decided_by or 'the workflow'}: {task.sentence}{reason}"
    return TimelineEntry(
        at=task.decided_at,
        kind="approval",
        actor=task.decided_by or "workflow",
        text=redact(text),
        key=f"approval-{task.key}",
        data={"task": task.name, "plan_hash": task.plan_hash, "decision": task.decision},
    )

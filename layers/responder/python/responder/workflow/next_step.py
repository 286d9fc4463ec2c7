"""The workflow's next step while it monitors an incident. Pure: state and time in, one step out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from responder.config.runbook import Runbook
from responder.domain.diagnosis import Cause
from responder.domain.human_task import decisions_to_act_on, due_message
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.monitoring_state import MonitoringState
from responder.workflow import deadlines, escalation


@dataclass(frozen=True)
class NextStep:
    """`next` is the one field that the machine branches on; the others go to the state that it names."""

    next: str
    kind: str | None = None
    level: int | None = None
    task: str | None = None
    seconds: int | None = None  # how long a waiting state waits
    # Where the machine goes after a task: here back to monitoring; in a playbook, to its rest.
    then: str = "monitoring"

    def dump(self) -> dict[str, Any]:
        # A missing name would be an evaluation error in the machine; null is not.
        return dict(vars(self))


def next_step(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> NextStep:
    """The first rule that applies: over, promises to people, their decisions, recovery, a probe run, waiting."""
    for step in (
        _renew(monitoring, runbook),
        _upstream_activity(incident, now),
        _over_upstream(incident, monitoring, runbook, now),
        _escalate(incident, runbook, now),
        _undelivered(incident, now),
        _human_tasks(incident, monitoring, now),
        _recovery(incident, monitoring, runbook, now),
        _update(incident, runbook, now),
        _probe(incident, monitoring, runbook, now),
    ):
        if step is not None:
            return step
    return _wait(incident, monitoring, runbook, now)


def _renew(monitoring: MonitoringState, runbook: Runbook) -> NextStep | None:
    iterations = monitoring.iteration + monitoring.runs
    return NextStep("renew") if iterations >= runbook.monitoring.renew_after_iterations else None


# The least time between two messages about what people did upstream; one message tells all that came meanwhile.
BETWEEN_ACTIVITY = timedelta(seconds=60)


def _upstream_activity(incident: Incident, now: datetime) -> NextStep | None:
    """Tells the thread what people did upstream; before the end, everything that was not told yet."""
    due = _next_activity_due(incident)
    if due is None:
        return None
    return NextStep("publish", kind="upstream_activity") if incident.is_over_upstream or now >= due else None


def _next_activity_due(incident: Incident) -> datetime | None:
    if not incident.pending_upstream_activity or incident.told_at is None:
        return None
    return (
        incident.upstream_activity_notified_at + BETWEEN_ACTIVITY
        if incident.upstream_activity_notified_at
        else incident.pending_upstream_activity[0].at
    )


_FRESH = timedelta(seconds=15)


def _over_upstream(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> NextStep | None:
    """People resolved it: probe once more to say whether the probes agree, revert overrides, and close."""
    if not incident.is_over_upstream or incident.upstream is None:
        return None
    # If the sender's clock is ahead of ours, no probe run comes after the end: a fresh one counts.
    ended_at = incident.upstream.at if incident.upstream.at <= now else now - _FRESH
    if monitoring.probed_at is None or monitoring.probed_at < ended_at:
        return NextStep("probe")
    if not _may_still_revert(incident):
        return NextStep("close")
    return NextStep("revert") if now >= _next_revert(incident, runbook, now) else None


def _escalate(incident: Incident, runbook: Runbook, now: datetime) -> NextStep | None:
    level = escalation.level_due(incident, runbook, now)
    return NextStep("publish", kind="escalation", level=level) if level else None


def _undelivered(incident: Incident, now: datetime) -> NextStep | None:
    """Sends updates that a channel refused or held back, and that are due now."""
    return NextStep("publish", kind="undelivered") if any(one.due_at <= now for one in incident.undelivered) else None


def _human_tasks(incident: Incident, monitoring: MonitoringState, now: datetime) -> NextStep | None:
    """Runs the playbook again after a decision, or without one in time; notifies people of tasks; reminds them."""
    # After recovery no action is needed; if the symptom comes back, the playbook finds the decision.
    if incident.status is not IncidentStatus.MITIGATED and decisions_to_act_on(
        incident.human_tasks, monitoring.acted, now
    ):
        return NextStep("act")
    kind, name = due_message(incident.human_tasks, now) or (None, None)
    if kind == "task":
        return NextStep("task", task=name) if incident.status is not IncidentStatus.MITIGATED else None
    return NextStep("publish", kind=kind, task=name) if kind else None


def _recovery(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> NextStep | None:
    """After a confirmed recovery: announce it, revert overrides, watch without them, close."""
    if monitoring.good_runs < runbook.monitoring.confirmations or monitoring.good_since is None:
        return None
    if incident.status is not IncidentStatus.MITIGATED and incident.cause is not Cause.NO_FAULT:
        return NextStep("publish", kind="mitigated")
    if _may_still_revert(incident):
        return NextStep("revert") if now >= _next_revert(incident, runbook, now) else None
    return NextStep("close") if now >= _closing_time(incident, monitoring.good_since, runbook) else None


# Then the incident closes, and the audit notifies people of what is still switched.
MOST_REVERTS = 3


def _may_still_revert(incident: Incident) -> bool:
    return bool(incident.switched) and incident.revert_failures < MOST_REVERTS


def _next_revert(incident: Incident, runbook: Runbook, now: datetime) -> datetime:
    """When to revert: at once, or after a failed try with the next probe run."""
    if not incident.revert_failures or incident.reverted_at is None:
        return now
    return incident.reverted_at + deadlines.poll_interval(runbook, now - incident.started_at)


def _update(incident: Incident, runbook: Runbook, now: datetime) -> NextStep | None:
    if incident.told_at is None:
        return None
    due = deadlines.next_update(runbook, escalation.severity_of(incident), incident.told_at)
    return NextStep("publish", kind="progress") if now >= due else None


def _probe(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> NextStep | None:
    return NextStep("probe") if now >= _next_probe(incident, monitoring, runbook, now) else None


def _next_probe(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> datetime:
    if monitoring.probed_at is None:
        return now
    if incident.people_severity not in (None, incident.severity):
        # A person has set the severity upstream: the next probe run announces it, so it does not wait.
        return now
    # Recovery or another cause is confirmed soon; else the older the incident, the longer the pause.
    is_new_cause = monitoring.cause_runs == 1 and monitoring.cause not in (None, incident.cause)
    if 0 < monitoring.good_runs < runbook.monitoring.confirmations or is_new_cause:
        return monitoring.probed_at + timedelta(seconds=runbook.monitoring.recheck_seconds)
    return monitoring.probed_at + deadlines.poll_interval(runbook, now - incident.started_at)


def _wait(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> NextStep:
    """Waits for the next probe run or the next promise. Then the next step is decided again.

    While a plan waits for approval, the state's name says so.
    """
    due = [*_promises(incident, runbook, now), *_steps_of_recovery(incident, monitoring, runbook, now)]
    promised = min((moment for moment in due if moment > now), default=None)
    probe = _next_probe(incident, monitoring, runbook, now)
    until = min(probe, promised or probe, now + deadlines.LONGEST_WAIT)
    seconds = max(1, ceil((until - now).total_seconds()))
    if until < probe:
        return NextStep("wait_due", seconds=seconds)
    recovering = 0 < monitoring.good_runs < runbook.monitoring.confirmations
    # A task without a plan (a standby key) is fulfilled when a probe sees it, not by a decision.
    asked = any(task.is_open(now) and task.is_approval for task in incident.human_tasks)
    is_asking = asked and incident.status is not IncidentStatus.MITIGATED and not recovering
    return NextStep("wait_for_approval" if is_asking else "wait", seconds=seconds)


def _promises(incident: Incident, runbook: Runbook, now: datetime) -> list[datetime]:
    """When the promises to people fall due: updates, escalations, reminders, the end of the time to decide."""
    severity = escalation.severity_of(incident)
    due = [deadlines.next_update(runbook, severity, incident.told_at)] if incident.told_at else []
    level_due = escalation.next_due(incident, runbook, now)
    activity_due = _next_activity_due(incident)
    due += [moment for moment in (level_due, activity_due) if moment]
    due += [one.due_at for one in incident.undelivered]
    for task in incident.human_tasks:
        if task.is_open(now):
            due += [task.expires_at] if task.expires_at else []
            due += [task.remind_at] if task.remind_at > now else []
    return due


def _steps_of_recovery(
    incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime
) -> list[datetime]:
    due = []
    if _may_still_revert(incident) and incident.revert_failures:
        due.append(_next_revert(incident, runbook, now))
    elif monitoring.good_runs >= runbook.monitoring.confirmations and monitoring.good_since:
        due.append(_closing_time(incident, monitoring.good_since, runbook))
    return due


def _closing_time(incident: Incident, good_since: datetime, runbook: Runbook) -> datetime:
    """Counted from the time since when the checks are good without our overrides."""
    since = max(good_since, incident.reverted_at or good_since)
    return since + timedelta(seconds=runbook.monitoring.close_after_seconds)

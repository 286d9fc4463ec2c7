"""What the workflow does next while an incident is watched. Pure: state and time in, one word out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from responder.config.runbook import Runbook
from responder.domain.diagnosis import Cause
from responder.domain.human_task import due_message
from responder.domain.human_task_progress import decisions_to_act_on
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.monitoring_state import MonitoringState
from responder.workflow import deadlines, escalation


@dataclass(frozen=True)
class Step:
    """`next` is the one field that the machine branches on; the others go to the state that it names."""

    next: str
    kind: str | None = None
    level: int | None = None
    task: str | None = None
    seconds: int | None = None  # how long a waiting state waits
    # Where asking leads to: here back to the watch; in a playbook, to the rest of it.
    then: str = "monitoring"

    def dump(self) -> dict[str, Any]:
        # Absent names would be an evaluation error in the machine; null is not.
        return dict(vars(self))


def next_step(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> Step:
    """The first rule that applies, in this order: over, promises to people, their answers, recovery, a look, rest."""
    for step in (
        _renew(monitoring, runbook),
        _upstream_activity(incident, now),
        _over_upstream(incident, monitoring, runbook, now),
        _escalate(incident, runbook, now),
        _human_tasks(incident, monitoring, now),
        _recovery(incident, monitoring, runbook, now),
        _update(incident, runbook, now),
        _look(incident, monitoring, runbook, now),
    ):
        if step is not None:
            return step
    return _rest(incident, monitoring, runbook, now)


def _renew(monitoring: MonitoringState, runbook: Runbook) -> Step | None:
    return (
        Step("renew") if monitoring.iteration + monitoring.runs >= runbook.monitoring.renew_after_iterations else None
    )


# Between two messages about what people did upstream; what comes meanwhile is said together.
BETWEEN_WORDS = timedelta(seconds=60)


def _upstream_activity(incident: Incident, now: datetime) -> Step | None:
    """What people did upstream is said in the thread, once it is there; before the end, all that is left."""
    due = _next_word(incident)
    if due is None:
        return None
    return Step("publish", kind="upstream_activity") if incident.is_over_upstream or now >= due else None


def _next_word(incident: Incident) -> datetime | None:
    if not incident.pending_upstream_activity or incident.told_at is None:
        return None
    return (
        incident.upstream_activity_notified_at + BETWEEN_WORDS
        if incident.upstream_activity_notified_at
        else incident.pending_upstream_activity[0].at
    )


_FRESH = timedelta(seconds=15)


def _over_upstream(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> Step | None:
    """People resolved it: look once more, so that we can say whether the probes agree, switch back, and close."""
    if not incident.is_over_upstream or incident.upstream is None:
        return None
    # By a clock ahead of ours it ends in the future, and no look would ever come after that: a fresh one counts.
    ended_at = incident.upstream.at if incident.upstream.at <= now else now - _FRESH
    if monitoring.probed_at is None or monitoring.probed_at < ended_at:
        return Step("probe")
    if not _may_still_revert(incident):
        return Step("close")
    return Step("revert") if now >= _next_revert(incident, runbook, now) else None


def _escalate(incident: Incident, runbook: Runbook, now: datetime) -> Step | None:
    level = escalation.level_due(incident, runbook, now)
    return Step("publish", kind="escalation", level=level) if level else None


def _human_tasks(incident: Incident, monitoring: MonitoringState, now: datetime) -> Step | None:
    """Runs the playbook again on people's answer, or its absence; asks what nobody has been told of; reminds."""
    # What has recovered needs no action any more; should it come back, the playbook finds the answer.
    if incident.status is not IncidentStatus.MITIGATED and decisions_to_act_on(
        incident.human_tasks, monitoring.acted, now
    ):
        return Step("act")
    kind, name = due_message(incident.human_tasks, now) or (None, None)
    if kind == "task":
        return Step("task", task=name) if incident.status is not IncidentStatus.MITIGATED else None
    return Step("publish", kind=kind, task=name) if kind else None


def _recovery(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> Step | None:
    """Believed, told, switched back, watched without what was switched, closed."""
    if monitoring.good_runs < runbook.monitoring.confirmations or monitoring.good_since is None:
        return None
    if incident.status is not IncidentStatus.MITIGATED and incident.cause is not Cause.NO_FAULT:
        return Step("publish", kind="mitigated")
    if _may_still_revert(incident):
        return Step("revert") if now >= _next_revert(incident, runbook, now) else None
    return Step("close") if now >= _closing_time(incident, monitoring.good_since, runbook) else None


# After that the audit tells people of what is still switched; an incident is not held open for it.
MOST_REVERTS = 3


def _may_still_revert(incident: Incident) -> bool:
    return bool(incident.switched) and incident.revert_failures < MOST_REVERTS


def _next_revert(incident: Incident, runbook: Runbook, now: datetime) -> datetime:
    """At once; after a try that failed, as late as the next look."""
    if not incident.revert_failures or incident.reverted_at is None:
        return now
    return incident.reverted_at + deadlines.poll_interval(runbook, now - incident.started_at)


def _update(incident: Incident, runbook: Runbook, now: datetime) -> Step | None:
    if incident.told_at is None:
        return None
    due = deadlines.next_update(runbook, escalation.severity_of(incident), incident.told_at)
    return Step("publish", kind="progress") if now >= due else None


def _look(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> Step | None:
    return Step("probe") if now >= _next_look(incident, monitoring, runbook, now) else None


def _next_look(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> datetime:
    if monitoring.probed_at is None:
        return now
    if incident.people_severity not in (None, incident.severity):
        # A person has set the severity upstream: the next look tells everybody, so it does not wait.
        return now
    # Recovery in sight, or another cause, is confirmed soon; else the older the incident, the longer between looks.
    is_new_cause = monitoring.cause_runs == 1 and monitoring.cause not in (None, incident.cause)
    if 0 < monitoring.good_runs < runbook.monitoring.confirmations or is_new_cause:
        return monitoring.probed_at + timedelta(seconds=runbook.monitoring.recheck_seconds)
    return monitoring.probed_at + deadlines.poll_interval(runbook, now - incident.started_at)


def _rest(incident: Incident, monitoring: MonitoringState, runbook: Runbook, now: datetime) -> Step:
    """Waits to the second for whatever comes first: the next look, or a promise, after which this decides again.

    While people are asked, the wait for the look has a name that says so.
    """
    due = [*_promises(incident, runbook, now), *_steps_of_recovery(incident, monitoring, runbook, now)]
    promised = min((moment for moment in due if moment > now), default=None)
    look = _next_look(incident, monitoring, runbook, now)
    until = min(look, promised or look, now + deadlines.LONGEST_WAIT)
    seconds = max(1, ceil((until - now).total_seconds()))
    if until < look:
        return Step("wait_due", seconds=seconds)
    recovering = 0 < monitoring.good_runs < runbook.monitoring.confirmations
    # What is asked for without a plan (a standby key) is seen by looking, not by a decision.
    asked = any(task.is_open(now) and task.is_approval for task in incident.human_tasks)
    is_asking = asked and incident.status is not IncidentStatus.MITIGATED and not recovering
    return Step("wait_for_approval" if is_asking else "wait", seconds=seconds)


def _promises(incident: Incident, runbook: Runbook, now: datetime) -> list[datetime]:
    """What people were told would happen, and when: updates, escalations, reminders, the end of the time to decide."""
    severity = escalation.severity_of(incident)
    due = [deadlines.next_update(runbook, severity, incident.told_at)] if incident.told_at else []
    level_due = escalation.next_due(incident, runbook, now)
    word_due = _next_word(incident)
    due += [moment for moment in (level_due, word_due) if moment]
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
    """Counted from when it was good without what was switched for it."""
    since = max(good_since, incident.reverted_at or good_since)
    return since + timedelta(seconds=runbook.monitoring.close_after_seconds)

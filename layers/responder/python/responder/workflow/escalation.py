"""The escalation clock of one incident (runbook S-96 to S-99): who is due now, and when the next one is. Pure."""

from datetime import datetime, timedelta

from responder.config.runbook import Runbook
from responder.domain.alert import UpstreamStatus
from responder.domain.diagnosis import Cause, Severity
from responder.domain.incident import Incident, IncidentStatus


def severity_of(incident: Incident) -> Severity:
    """A person's choice counts at once, before the next probe run stores it. P1 if there is no severity yet."""
    return incident.people_severity or incident.severity or Severity.P1


def clock_start(incident: Incident) -> datetime:
    """The time of the alert, or of the last reopening: people had closed it, so it is a new call."""
    return max(incident.started_at, incident.reopened_at or incident.started_at)


def runs(incident: Incident) -> bool:
    """It runs until a *person* acknowledges (docs/architecture.md#rule-3), recovery or end; never without a fault."""
    return (
        incident.status.is_open
        and not incident.acknowledged_at
        and not incident.is_over_upstream
        and incident.status is not IncidentStatus.MITIGATED
        and incident.cause is not Cause.NO_FAULT
    )


def is_silenced(incident: Incident) -> bool:
    """Whether our own acknowledgement silences the pager: no person has it, and it has not timed out since."""
    ours = incident.machine_acknowledged_at
    if ours is None or incident.acknowledged_at or incident.is_over_upstream:
        return False
    rings_again = incident.upstream_status is UpstreamStatus.TRIGGERED and incident.upstream
    return not (rings_again and rings_again.at > ours)


def due_at(incident: Incident, runbook: Runbook, level: int) -> datetime | None:
    """When `level` is due. None if the severity has no such level, and for level 1, which the pager itself calls."""
    rule = runbook.severities[severity_of(incident)]
    if not 2 <= level <= rule.last_level:
        return None
    return clock_start(incident) + timedelta(minutes=rule.minutes_to(level))


def level_now(incident: Incident, runbook: Runbook, now: datetime) -> int:
    """The highest level that is due by `now`; 1 before the first."""
    due = (due_at(incident, runbook, level) for level in (2, 3, 4))
    return 1 + sum(moment is not None and moment <= now for moment in due)


def level_due(incident: Incident, runbook: Runbook, now: datetime) -> int | None:
    """The level to call now, only the highest if several are due; None if all that are due were called."""
    if not runs(incident):
        return None
    level = level_now(incident, runbook, now)
    return level if level > incident.escalated_level else None


def next_due(incident: Incident, runbook: Runbook, now: datetime) -> datetime | None:
    """When the next level is due; None if nobody has to be called any more."""
    return following_due(incident, runbook, now) if runs(incident) else None


def following_due(incident: Incident, runbook: Runbook, now: datetime) -> datetime | None:
    """When the level after the one that is due by `now` is due, whether or not the clock still runs."""
    return due_at(incident, runbook, level_now(incident, runbook, now) + 1)

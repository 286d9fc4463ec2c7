"""How alerts change a stored incident, whatever their order of arrival. Pure; the table stores the result."""

from typing import Any

from responder.domain.alert import Alert, AlertEvent, UpstreamStatus
from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from responder.domain.upstream_activity import with_activity

# If two events have the same time, the one with the higher number counts.
_FINALITY = {UpstreamStatus.TRIGGERED: 0, UpstreamStatus.ACKNOWLEDGED: 1, UpstreamStatus.RESOLVED: 2}

_STATUS_OF = {
    AlertEvent.TRIGGERED: UpstreamStatus.TRIGGERED,
    AlertEvent.REOPENED: UpstreamStatus.TRIGGERED,
    AlertEvent.UNACKNOWLEDGED: UpstreamStatus.TRIGGERED,
    AlertEvent.ACKNOWLEDGED: UpstreamStatus.ACKNOWLEDGED,
    AlertEvent.RESOLVED: UpstreamStatus.RESOLVED,
    AlertEvent.MERGED: UpstreamStatus.RESOLVED,
}


def apply_alert(incident: Incident | None, alert: Alert) -> Incident:
    """The incident after `alert`. The order of alerts, and repeated alerts, do not change the result."""
    incident = incident or Incident(
        id=alert.incident_id, source=alert.source, upstream_id=alert.upstream_id, started_at=alert.occurred_at
    )
    upstream = _later_status(incident.upstream, alert)
    changes: dict[str, Any] = {
        "started_at": min(incident.started_at, alert.occurred_at),
        "upstream": upstream,
        "acknowledgement": _later_acknowledgement(incident.acknowledgement, alert),
        "chosen_severity": _later_severity(incident.chosen_severity, alert),
        # It changes with the latest status: an incident that is reopened after a merge is separate again.
        "merged_into": incident.merged_into if upstream is incident.upstream else alert.merged_into,
        **_description(incident, alert),
        **_clock(incident, alert),
        "pending_upstream_activity": with_activity(incident.pending_upstream_activity, alert),
    }
    after = incident.model_copy(update=changes)
    return after.model_copy(update=_standing(after, alert))


def starts_workflow(incident: Incident, alert: Alert, execution_number: int) -> bool:
    """Whether `alert` needs an execution: if the incident is open, or for a trigger that was not handled yet.

    After a person stopped the execution (StopExecution), only a reopening in the pager starts another one.
    """
    if incident.stopped:
        return False
    # With a number but not opened: an earlier try ended after it took the number and before it started the execution.
    if alert.event is AlertEvent.TRIGGERED and (execution_number == 0 or incident.opened_at is None):
        return True
    return incident.status.is_open and not incident.is_over_upstream


def give_up(incident: Incident) -> dict[str, Any]:
    """The fields to change if no execution goes on: people take over, unless they resolved the alert in the pager."""
    if not incident.status.is_open:
        return {"stopped": True}
    if incident.is_over_upstream and incident.upstream:
        return {"stopped": True, "status": IncidentStatus.RESOLVED, "resolved_at": incident.upstream.at}
    return {"stopped": True, "status": IncidentStatus.HANDED_OVER}


def _standing(incident: Incident, alert: Alert) -> dict[str, Any]:
    """The changes of the status by the newest event. A reopening opens the incident.

    If no execution works on it, an end in the pager closes it: else the public notice would stay open for ever.
    """
    if alert.event is AlertEvent.REOPENED and not incident.is_over_upstream:
        anew = {"stopped": False, "failures": 0, "resolved_at": None, "mitigated_at": None}
        return anew | (
            {} if incident.status.is_open else {"status": IncidentStatus.OPEN, "cause": None, "announced_at": None}
        )
    if incident.is_over_upstream and (incident.opened_at is None or incident.stopped):
        return {"status": IncidentStatus.RESOLVED, "resolved_at": incident.upstream and incident.upstream.at}
    return {}


def _clock(incident: Incident, alert: Alert) -> dict[str, Any]:
    """Starts the escalation again after a reopening, and after a person's acknowledgement ends.

    A repeated event, or the end of a machine's acknowledgement, does not call anybody again.
    """
    stored = _later_acknowledgement(incident.acknowledgement, alert)
    taken_back = incident.acknowledged_at is not None and not (stored and stored.value)
    is_reopen = alert.event is AlertEvent.REOPENED
    reopened = is_reopen and (incident.reopened_at is None or alert.occurred_at > incident.reopened_at)
    return {
        "reopened_at": alert.occurred_at if reopened else incident.reopened_at,
        "escalated_level": 1 if taken_back or reopened else incident.escalated_level,
    }


def _description(incident: Incident, alert: Alert) -> dict[str, Any]:
    """Title, link and first priority come from the trigger. Other events only fill empty fields."""
    is_birth = alert.event is AlertEvent.TRIGGERED
    title_missing = incident.title == "(no title)"
    # A priority that an automation sets can only raise the severity, like the first one.
    is_automatic = alert.event is AlertEvent.PRIORITY_CHANGED and not alert.actor.is_human
    priority = alert.priority if is_birth or is_automatic else None
    return {
        "title": alert.title if alert.title and (is_birth or title_missing) else incident.title,
        "url": alert.url if alert.url and (is_birth or not incident.url) else incident.url,
        "born_severity": Severity.worst(incident.born_severity, priority),
    }


def _later_status(known: LatestValue | None, alert: Alert) -> LatestValue | None:
    status = _STATUS_OF.get(alert.event)
    if status is None:
        return known
    new = LatestValue(at=alert.occurred_at, value=status.value, by=alert.actor)
    if known is None or (new.at, _FINALITY[status]) > (known.at, _FINALITY[UpstreamStatus(known.value)]):
        return new
    return known


def _later_acknowledgement(known: LatestValue | None, alert: Alert) -> LatestValue | None:
    """A machine's acknowledgement changes nothing (docs/architecture.md#rule-3)."""
    if alert.event is AlertEvent.ACKNOWLEDGED and alert.actor.is_human:
        return _later(known, LatestValue(at=alert.occurred_at, value=True, by=alert.actor))
    if alert.event in (AlertEvent.UNACKNOWLEDGED, AlertEvent.REOPENED):
        return _later(known, LatestValue(at=alert.occurred_at, value=False))
    return known


def _later_severity(known: LatestValue | None, alert: Alert) -> LatestValue | None:
    if alert.event is AlertEvent.PRIORITY_CHANGED and alert.priority and alert.actor.is_human:
        return _later(known, LatestValue(at=alert.occurred_at, value=alert.priority.value, by=alert.actor))
    return known


def _later(known: LatestValue | None, new: LatestValue) -> LatestValue:
    if known is None or (new.at, bool(new.value)) > (known.at, bool(known.value)):
        return new
    return known

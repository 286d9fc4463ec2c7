"""How events change a stored incident, in any order of arrival. Pure; the table stores the result."""

from typing import Any

from responder.domain.alert import Alert, AlertEvent, UpstreamStatus
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from responder.domain.severity import Severity
from responder.domain.upstream_activity import with_activity

# When two events have the same time, the one closer to the end of the incident wins.
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
    """The incident after `alert`. Order and repetition of alerts do not change the result."""
    incident = incident or Incident(
        id=alert.incident_id, source=alert.source, upstream_id=alert.upstream_id, started_at=alert.occurred_at
    )
    upstream = _later_status(incident.upstream, alert)
    changes: dict[str, Any] = {
        "started_at": min(incident.started_at, alert.occurred_at),
        "upstream": upstream,
        "acknowledgement": _later_acknowledgement(incident.acknowledgement, alert),
        "chosen_severity": _later_severity(incident.chosen_severity, alert),
        # Follows the latest status: an incident that is reopened after a merge is separate again.
        "merged_into": incident.merged_into if upstream is incident.upstream else alert.merged_into,
        **_description(incident, alert),
        **_clock(incident, alert),
        "pending_upstream_activity": with_activity(incident.pending_upstream_activity, alert),
    }
    after = incident.model_copy(update=changes)
    return after.model_copy(update=_standing(after, alert))


def starts_workflow(incident: Incident, alert: Alert, execution_number: int) -> bool:
    """Whether `alert` must start an execution: while the incident is open, and once for a late trigger.

    After a person's StopExecution, only a reopening upstream starts another one.
    """
    if incident.stopped:
        return False
    # Execution number without an opening: the last attempt ended after counting and before starting.
    if alert.event is AlertEvent.TRIGGERED and (execution_number == 0 or incident.opened_at is None):
        return True
    return incident.status.is_open and not incident.is_over_upstream


def give_up(incident: Incident) -> dict[str, Any]:
    """The fields to change when no execution will continue: people take over, unless they resolved it upstream."""
    if not incident.status.is_open:
        return {"stopped": True}
    if incident.is_over_upstream and incident.upstream:
        return {"stopped": True, "status": IncidentStatus.RESOLVED, "resolved_at": incident.upstream.at}
    return {"stopped": True, "status": IncidentStatus.HANDED_OVER}


def _standing(incident: Incident, alert: Alert) -> dict[str, Any]:
    """The newest event decides: a reopening opens the incident; without an execution, an upstream end closes it.

    Otherwise the public notice would stay open for good.
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
    """Restarts escalation after a reopening, or after a person's acknowledgement ends.

    A repeated event, or the end of a machine's acknowledgement, calls nobody again.
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
    """Title, link and initial priority come from the trigger; other events only fill empty fields."""
    is_birth = alert.event is AlertEvent.TRIGGERED
    title_missing = incident.title == "(no title)"
    # A priority set by an automation can only raise severity, like the initial one.
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

"""How events change what is known of an incident, in any order of arrival. Pure: the table stores what this decides."""

from typing import Any

from responder.domain.alert import Alert, AlertEvent, UpstreamStatus
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from responder.domain.severity import Severity
from responder.domain.upstream_activity import with_activity

# Where two events carry the same time, the one that says more about the end wins, in any order of arrival.
_FINALITY = {UpstreamStatus.TRIGGERED: 0, UpstreamStatus.ACKNOWLEDGED: 1, UpstreamStatus.RESOLVED: 2}

_STATUS_OF = {
    AlertEvent.TRIGGERED: UpstreamStatus.TRIGGERED,
    AlertEvent.REOPENED: UpstreamStatus.TRIGGERED,
    AlertEvent.UNACKNOWLEDGED: UpstreamStatus.TRIGGERED,
    AlertEvent.ACKNOWLEDGED: UpstreamStatus.ACKNOWLEDGED,
    AlertEvent.RESOLVED: UpstreamStatus.RESOLVED,
    AlertEvent.MERGED: UpstreamStatus.RESOLVED,
}


def applied(incident: Incident | None, alert: Alert) -> Incident:
    """The incident after `alert`. Applying the same alerts in any order, any number of times, gives the same result."""
    incident = incident or Incident(
        id=alert.incident_id, source=alert.source, upstream_id=alert.upstream_id, started_at=alert.occurred_at
    )
    changes: dict[str, Any] = {
        "started_at": min(incident.started_at, alert.occurred_at),
        "upstream": _later_status(incident.upstream, alert),
        "acknowledgement": _later_acknowledgement(incident.acknowledgement, alert),
        "chosen_severity": _later_severity(incident.chosen_severity, alert),
        "merged_into": _merged_into(incident, alert),
        **_description(incident, alert),
        **_clock(incident, alert),
        "pending_upstream_activity": with_activity(incident.pending_upstream_activity, alert),
    }
    after = incident.model_copy(update=changes)
    return after.model_copy(update=_standing(after, alert))


def starts_workflow(incident: Incident, alert: Alert, execution_number: int) -> bool:
    """Whether `alert` calls for an execution: while the incident is open, and once for a trigger that came late.

    A stopped execution (a person's StopExecution) stays stopped until the incident is reopened upstream.
    """
    if incident.stopped:
        return False
    # A generation without an opening: the try before ended between counting it and starting it.
    if alert.event is AlertEvent.TRIGGERED and (execution_number == 0 or incident.opened_at is None):
        return True
    return incident.status.is_open and not incident.is_over_upstream


def given_up(incident: Incident) -> dict[str, Any]:
    """What changes when no execution will go on: people have it, unless they have resolved it upstream already."""
    if not incident.status.is_open:
        return {"stopped": True}
    if incident.is_over_upstream and incident.upstream:
        return {"stopped": True, "status": IncidentStatus.RESOLVED, "resolved_at": incident.upstream.at}
    return {"stopped": True, "status": IncidentStatus.HANDED_OVER}


def _standing(incident: Incident, alert: Alert) -> dict[str, Any]:
    """A reopen that is the last word opens again; one that nobody works on, or never did, ends with its upstream end.

    Left open, the latter would hold the public notice open for good.
    """
    if alert.event is AlertEvent.REOPENED and not incident.is_over_upstream:
        anew = {"stopped": False, "failures": 0, "resolved_at": None, "recovered_at": None, "mitigated_at": None}
        return anew | (
            {} if incident.status.is_open else {"status": IncidentStatus.OPEN, "cause": None, "announced_at": None}
        )
    if incident.is_over_upstream and (incident.opened_at is None or incident.stopped):
        return {"status": IncidentStatus.RESOLVED, "resolved_at": incident.upstream and incident.upstream.at}
    return {}


def _clock(incident: Incident, alert: Alert) -> dict[str, Any]:
    """A person's acknowledgement that ends, and a reopening, let the levels be called again, each once more.

    A repeat of either is no news, so it calls nobody twice; nor does a machine's acknowledgement that runs out.
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
    """Title, link and the priority at birth come from the trigger; other events only fill what is still empty."""
    is_birth = alert.event is AlertEvent.TRIGGERED
    title_missing = incident.title == "(no title)"
    return {
        "title": alert.title if alert.title and (is_birth or title_missing) else incident.title,
        "url": alert.url if alert.url and (is_birth or not incident.url) else incident.url,
        "born_severity": Severity.worst(incident.born_severity, alert.priority)
        if is_birth or _is_automatic_priority(alert)
        else incident.born_severity,
    }


def _later_status(known: LatestValue | None, alert: Alert) -> LatestValue | None:
    status = _STATUS_OF.get(alert.event)
    if status is None:
        return known
    new = LatestValue(at=alert.occurred_at, value=status.value, by=alert.actor)
    if known is None or (new.at, _FINALITY[status]) > (known.at, _FINALITY[UpstreamStatus(known.value)]):
        return new
    return known


def _merged_into(incident: Incident, alert: Alert) -> str | None:
    """It goes with the last word on the status: what was reopened after a merge stands for itself again."""
    is_last_word = _later_status(incident.upstream, alert) is not incident.upstream
    return alert.merged_into if is_last_word else incident.merged_into


def _later_acknowledgement(known: LatestValue | None, alert: Alert) -> LatestValue | None:
    """A machine's acknowledgement is not a person's: it changes nothing (docs/architecture.md#rule-3)."""
    if alert.event is AlertEvent.ACKNOWLEDGED and alert.actor.is_human:
        return _later(known, LatestValue(at=alert.occurred_at, value=True, by=alert.actor))
    if alert.event in (AlertEvent.UNACKNOWLEDGED, AlertEvent.REOPENED):
        return _later(known, LatestValue(at=alert.occurred_at, value=False))
    return known


def _is_automatic_priority(alert: Alert) -> bool:
    """An automation's choice is like the priority at birth: it can raise severity, no more."""
    return alert.event is AlertEvent.PRIORITY_CHANGED and not alert.actor.is_human


def _later_severity(known: LatestValue | None, alert: Alert) -> LatestValue | None:
    if alert.event is AlertEvent.PRIORITY_CHANGED and alert.priority and alert.actor.is_human:
        return _later(known, LatestValue(at=alert.occurred_at, value=alert.priority.value, by=alert.actor))
    return known


def _later(known: LatestValue | None, new: LatestValue) -> LatestValue:
    if known is None or (new.at, bool(new.value)) > (known.at, bool(known.value)):
        return new
    return known

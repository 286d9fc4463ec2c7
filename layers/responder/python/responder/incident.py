"""What is known of one upstream incident, and how events change it. Pure: the table stores what this decides."""

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from responder.asks import Asks
from responder.heard import Heard, heard
from responder.words import (
    Alert,
    AlertEvent,
    Cause,
    IncidentStatus,
    Person,
    Scenario,
    Severity,
    Source,
    UpstreamStatus,
    Verdict,
    Word,
)

WaitingFor = Literal["no_standby_key", "busy", "pending_elsewhere"]


class Stamped(Word):
    """A value with the time of the event that set it: the later event wins, whatever the order of arrival."""

    at: AwareDatetime
    value: Any = None
    by: Person = Person()


class Ticket(Word):
    """The incident's ticket, as its vendor names it."""

    key: str
    url: str
    created_at: AwareDatetime


class Incident(Word):
    """One upstream incident as the table holds it. Times are those of the events, not of their arrival."""

    id: str
    source: Source
    upstream_id: str
    title: str = "(no title)"
    url: str | None = None
    status: IncidentStatus = IncidentStatus.OPEN
    started_at: AwareDatetime
    integration: str = "twinmind"

    upstream: Stamped | None = None
    acknowledgement: Stamped | None = None
    chosen_severity: Stamped | None = None
    born_severity: Severity | None = None
    merged_into: str | None = None
    # The last reopening: the escalation clock starts anew there.
    reopened_at: AwareDatetime | None = None
    # What people did upstream that the thread does not say yet, and when it last said such a thing.
    unsaid: tuple[Heard, ...] = ()
    heard_said_at: AwareDatetime | None = None

    severity: Severity | None = None
    scenario: Scenario | None = None
    cause: Cause | None = None
    verdict: Verdict | None = None
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    impact: str | None = None
    user_impact: bool = False

    evidence_round: str | None = None
    opened_at: AwareDatetime | None = None
    machine_acknowledged_at: AwareDatetime | None = None
    announced_at: AwareDatetime | None = None
    told_at: AwareDatetime | None = None
    escalated_level: int = 1
    mitigated_at: AwareDatetime | None = None
    recovered_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None

    asks: Asks = ()
    # What the rotation waits for, set by its outcome (None once it goes on): steering lets it go on by itself.
    waiting_for: WaitingFor | None = None
    # The actions by which this incident has switched something that is given back at its end, in their order.
    switched: tuple[str, ...] = ()
    # When giving back was last tried, and how often in vain since the last time that it worked.
    switched_back_at: AwareDatetime | None = None
    switch_back_failures: int = 0
    execution_arns: tuple[str, ...] = ()
    failures: int = 0
    renewed_generation: int | None = None
    stopped: bool = False
    related: tuple[str, ...] = ()
    report_key: str | None = None
    ticket: Ticket | None = None
    # The signed link to this incident's page: whoever has it can read the page, so it goes only where people work.
    page_url: str | None = None
    # Whether the last look found all well when it was closed; None where nobody looked.
    checks_agree: bool | None = None

    @property
    def upstream_status(self) -> UpstreamStatus | None:
        return UpstreamStatus(self.upstream.value) if self.upstream else None

    @property
    def is_over_upstream(self) -> bool:
        return self.upstream_status is UpstreamStatus.RESOLVED

    @property
    def acknowledged_at(self) -> Any:
        """When a person acknowledged, and nobody took it back since; None otherwise."""
        mark = self.acknowledgement
        return mark.at if mark and mark.value else None

    @property
    def people_severity(self) -> Severity | None:
        return Severity(self.chosen_severity.value) if self.chosen_severity and self.chosen_severity.value else None


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
        "merged_into": alert.merged_into or incident.merged_into,
        **_description(incident, alert),
        **_clock(incident, alert),
        "unsaid": heard(incident.unsaid, alert),
    }
    after = incident.model_copy(update=changes)
    return after.model_copy(update=_standing(after, alert))


def starts_workflow(incident: Incident, alert: Alert, generation: int) -> bool:
    """Whether `alert` calls for an execution: while the incident is open, and once for a trigger that came late.

    A stopped execution (a person's StopExecution) stays stopped until the incident is reopened upstream.
    """
    if incident.stopped:
        return False
    # A generation without an opening: the try before ended between counting it and starting it.
    if alert.event is AlertEvent.TRIGGERED and (generation == 0 or incident.opened_at is None):
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
    mark = _later_acknowledgement(incident.acknowledgement, alert)
    taken_back = incident.acknowledged_at is not None and not (mark and mark.value)
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


def _later_status(known: Stamped | None, alert: Alert) -> Stamped | None:
    status = _STATUS_OF.get(alert.event)
    if status is None:
        return known
    new = Stamped(at=alert.occurred_at, value=status.value, by=alert.actor)
    if known is None or (new.at, _FINALITY[status]) > (known.at, _FINALITY[UpstreamStatus(known.value)]):
        return new
    return known


def _later_acknowledgement(known: Stamped | None, alert: Alert) -> Stamped | None:
    """A machine's acknowledgement is not a person's: it changes nothing here (design rule 3)."""
    if alert.event is AlertEvent.ACKNOWLEDGED and alert.actor.is_human:
        return _later(known, Stamped(at=alert.occurred_at, value=True, by=alert.actor))
    if alert.event in (AlertEvent.UNACKNOWLEDGED, AlertEvent.REOPENED):
        return _later(known, Stamped(at=alert.occurred_at, value=False))
    return known


def _is_automatic_priority(alert: Alert) -> bool:
    """An automation's choice is like the priority at birth: it can raise severity, no more."""
    return alert.event is AlertEvent.PRIORITY_CHANGED and not alert.actor.is_human


def _later_severity(known: Stamped | None, alert: Alert) -> Stamped | None:
    if alert.event is AlertEvent.PRIORITY_CHANGED and alert.priority and alert.actor.is_human:
        return _later(known, Stamped(at=alert.occurred_at, value=alert.priority.value, by=alert.actor))
    return known


def _later(known: Stamped | None, new: Stamped) -> Stamped:
    if known is None or (new.at, bool(new.value)) > (known.at, bool(known.value)):
        return new
    return known


class Settled(Word):
    """A stored action: what was meant, in which mode, and what came of it."""

    name: str
    mode: str
    plan: str
    outcome: str
    at: AwareDatetime
    data: dict[str, Any] = Field(default_factory=dict)


def severity_for(found: Severity, incident: Incident) -> Severity:
    """A person's choice upstream sets it; the priority at birth can only raise what was found (design, "Severity")."""
    return incident.people_severity or Severity.worst(found, incident.born_severity) or found


def names(values: Iterable[str]) -> str:
    """`a, b and c`."""
    items = list(values)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "none"

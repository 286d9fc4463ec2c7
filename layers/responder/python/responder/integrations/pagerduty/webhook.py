"""PagerDuty webhooks v3: event types, and where each has the incident (source: developer-docs, Webhooks overview)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from responder.contracts.source import Ignored, Malformed, Parsed, SourceAdapter
from responder.domain.alert import Alert, AlertEvent, Person
from responder.domain.clock import from_iso
from responder.domain.diagnosis import Severity
from responder.integrations.pagerduty.addresses import ADDRESSES
from responder.integrations.pagerduty.signature import authenticate
from responder.integrations.pagerduty.webhook_details import assigned, distinction, note
from responder.integrations.pagerduty.webhook_events import EVENTS, ON_INCIDENT
from responder.webhooks.identity import fingerprint, incident_id
from responder.webhooks.json_reader import JsonReader
from responder.webhooks.priority import severity_of
from responder.webhooks.text import TITLE
from responder.webhooks.times import believable

PREFIX = "pd"


@dataclass(frozen=True)
class _Payload:
    event: JsonReader
    event_type: str
    data: JsonReader
    incident: JsonReader
    upstream_id: str

    @property
    def on_incident(self) -> bool:
        """Whether `event.data` is the incident itself."""
        return self.event_type in ON_INCIDENT


def parse(body: Mapping[str, Any], *, received_at: datetime, bot_user: str | None) -> Parsed:
    event = JsonReader(body).child("event")
    event_type = event.ident("event_type")
    if event_type is None:
        old = ": this is a webhook v2 body (messages), a v3 subscription is needed" if "messages" in body else ""
        return Malformed(f"no event.event_type{old}")
    if event_type == "pagey.ping":
        why = "pagey.ping, signed as it should be. It names no service: `responder doctor` says what is in scope"
        return Ignored(why, is_ping=True)
    data = event.child("data")
    incident = data if event_type in ON_INCIDENT else _incident_of(data)
    upstream_id = incident.upstream_id("id")
    if event_type not in EVENTS:
        shown = event.text("event_type")
        return Ignored(f"event type {shown} is nothing to act on", upstream_id and incident_id(PREFIX, upstream_id))
    if upstream_id is None:
        return Malformed("no incident id in event.data")
    return _alert(_Payload(event, event_type, data, incident, upstream_id), received_at, bot_user)


def _incident_of(data: JsonReader) -> JsonReader:
    """The incident of a note, task or similar; roles have it in a list of assignments."""
    incident = data.child("incident")
    if not incident.is_empty() or data.raw("incident_role_assignments") is None:
        return data if incident.is_empty() and data.raw("type") == "incident" else incident
    assigned = [assignment.child("incident") for assignment in data.children("incident_role_assignments")]
    return next((found for found in assigned if found.raw("id")), incident)


def _alert(delivery: _Payload, received_at: datetime, bot_user: str | None) -> Alert:
    event, data, incident = delivery.event, delivery.data, delivery.incident
    kind, merged_into = _resolution(EVENTS[delivery.event_type], data)
    service = data.child("service")
    return Alert(
        source="pagerduty",
        event=kind,
        event_type=delivery.event_type,
        incident_id=incident_id(PREFIX, delivery.upstream_id),
        upstream_id=delivery.upstream_id[:512],
        fingerprint=_fingerprint(delivery),
        occurred_at=_occurred_at(event, received_at),
        title=incident.text("title" if delivery.on_incident else "summary", TITLE, required=delivery.on_incident),
        url=incident.url("html_url"),
        priority=_priority(data.child("priority")),
        actor=_actor(event.child("agent"), bot_user),
        note=_note(delivery, kind),
        merged_into=merged_into,
        service_id=service.ident("id"),
        service_name=service.text("summary"),
        teams=_teams(data),
        tags=_tags(data),
        odd=event.odd,
    )


def _note(delivery: _Payload, kind: AlertEvent) -> str | None:
    if not delivery.on_incident:
        return note(delivery.data)
    if kind not in (AlertEvent.ESCALATED, AlertEvent.REASSIGNED):
        return None
    return assigned(delivery.data, by_policy=delivery.event_type == "incident.delegated")


def _fingerprint(delivery: _Payload) -> str:
    event = delivery.event
    moment = from_iso(event.raw("occurred_at"))
    return fingerprint(
        PREFIX,
        delivery.event_type,
        delivery.upstream_id,
        # Two subscriptions may get different ids for one event (not documented): the id only replaces a missing time.
        moment.isoformat() if moment else event.scalar("id"),
        event.child("agent").scalar("id"),
        *([] if delivery.on_incident else distinction(delivery.data)),
    )


def _occurred_at(event: JsonReader, received_at: datetime) -> datetime:
    moment = believable(from_iso(event.raw("occurred_at")), received_at)
    if moment is None:
        event.note_odd("occurred_at")
    return moment or received_at


def _resolution(kind: AlertEvent, data: JsonReader) -> tuple[AlertEvent, str | None]:
    """A merge is sent as `incident.resolved`, but nothing is fixed: the other incident continues."""
    reason = data.child("resolve_reason")
    if kind is not AlertEvent.RESOLVED or reason.is_empty():
        return kind, None
    if reason.raw("type") != "merge_resolve_reason":
        reason.note_odd("type")
        return kind, None
    target = reason.child("incident").upstream_id("id")
    if target is None:
        reason.note_odd("incident")
    return AlertEvent.MERGED, target and incident_id(PREFIX, target)


def _actor(agent: JsonReader, bot_user: str | None) -> Person:
    """Integrations, automations (null) and stubs without a type are not people: escalation continues."""
    user = agent.ident("id")
    is_bot = user is not None and bot_user is not None and user == bot_user.strip()
    is_human = agent.ident("type") in ("user_reference", "user") and not is_bot
    return Person(id=user and user[:100], name=agent.text("summary"), is_human=is_human)


def _priority(priority: JsonReader) -> Severity | None:
    summary = priority.text("summary")
    severity = severity_of(summary) if summary else None
    if severity is None and not priority.is_empty():
        priority.note_odd("summary")
    return severity


def _teams(data: JsonReader) -> tuple[str, ...]:
    """Ids and names: the scope in runbook.yaml may use either."""
    named = [(team.ident("id"), team.text("summary")) for team in data.children("teams")]
    return tuple(dict.fromkeys(name[:100] for pair in named for name in pair if name))


def _tags(data: JsonReader) -> tuple[str, ...]:
    """PagerDuty has no tags; the incident type, which people set, serves as one."""
    data.child("conference_bridge").text("conference_number")  # unused; read so that an odd type is counted
    incident_type = data.child("incident_type").text("name")
    return (f"incident_type:{incident_type}",) if incident_type else ()


ADAPTER = SourceAdapter("pagerduty", authenticate, parse, ADDRESSES, "X-Webhook-Subscription")

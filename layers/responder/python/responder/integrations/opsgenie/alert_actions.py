"""Opsgenie's "alert action data", also used by Jira Service Management (source: Alert action data)."""

from datetime import datetime
from functools import partial
from typing import Any

from responder.contracts.source import Malformed, Parsed, SourceAdapter
from responder.domain.alert import Alert, AlertEvent, Person, Source
from responder.domain.clock import from_iso
from responder.domain.diagnosis import Severity
from responder.webhooks import times, token
from responder.webhooks.identity import fingerprint, incident_id
from responder.webhooks.json_reader import JsonReader
from responder.webhooks.priority import severity_of
from responder.webhooks.text import NOTE, TITLE

# Any other action is an update: custom actions have free names, and the known list is open.
_EVENTS = {
    "create": AlertEvent.TRIGGERED,
    "acknowledge": AlertEvent.ACKNOWLEDGED,
    "unacknowledge": AlertEvent.UNACKNOWLEDGED,
    "close": AlertEvent.RESOLVED,
    "delete": AlertEvent.RESOLVED,
    "addnote": AlertEvent.ANNOTATED,
    "updatepriority": AlertEvent.PRIORITY_CHANGED,
    "escalate": AlertEvent.ESCALATED,
    "escalatenext": AlertEvent.ESCALATED,
    "assign": AlertEvent.REASSIGNED,
    "assignownership": AlertEvent.REASSIGNED,
    "takeownership": AlertEvent.REASSIGNED,
}
_MACHINES = {"api", "integration", "system", "policy", "automation", "heartbeat", "email"}
_CHANGES = ("owner", "recipient", "team", "addedTags", "removedTags")


def adapter(source: Source, prefix: str) -> SourceAdapter:
    """The vendors with this body differ only in name and prefix."""
    return SourceAdapter(source, token.authenticate, partial(_parse, source, prefix))


def _parse(source: Source, prefix: str, body: Any, received_at: datetime, bot_user: str | None) -> Parsed:
    top = JsonReader(body)
    action, alert = top.text("action"), top.child("alert")
    if action is None:
        return Malformed("no action")
    upstream_id = alert.upstream_id("alertId")
    if upstream_id is None:
        return Malformed("no alert.alertId")
    event = _EVENTS.get(action.lower(), AlertEvent.UPDATED)
    return Alert(
        source=source,
        event=event,
        event_type=action,
        incident_id=incident_id(prefix, upstream_id),
        upstream_id=upstream_id[:512],
        fingerprint=_fingerprint(prefix, upstream_id, top, alert),
        occurred_at=_occurred_at(event, alert, received_at),
        title=alert.text("message", TITLE, required=event is not AlertEvent.ESCALATED),
        priority=_priority(alert),
        actor=_actor(top.child("source"), alert, bot_user),
        note=_note(event, top, alert),
        service_name=alert.text("entity"),
        integration_id=top.ident("integrationId"),
        teams=_teams(alert),
        tags=tuple(dict.fromkeys(alert.texts("tags"))),
        odd=top.odd,
    )


def _fingerprint(prefix: str, upstream_id: str, top: JsonReader, alert: JsonReader) -> str:
    action = (top.ident("action") or "").lower()
    event = _EVENTS.get(action)
    # One alert is created once, whichever teams' integrations send it; a later alert has another id.
    if event is AlertEvent.TRIGGERED:
        return fingerprint(prefix, action, upstream_id)
    notify = top.child("escalationNotify")
    escalation = [top.scalar(name) for name in ("escalationId", "escalationTime", "repeatCount")]
    return fingerprint(
        prefix,
        action,
        upstream_id,
        times.epoch_digits(alert.raw("updatedAt")) or alert.scalar("updatedAt"),
        alert.scalar("userId") or alert.scalar("username"),
        alert.scalar("note"),
        *[alert.scalar(name) for name in _CHANGES],
        *([*escalation, notify.ident("id")] if event is AlertEvent.ESCALATED else []),
    )


def _occurred_at(event: AlertEvent, alert: JsonReader, received_at: datetime) -> datetime:
    """`updatedAt`; the alert's creation time for a Create only, since later events are newer."""
    moment = _moment(alert, "updatedAt", times.NANOSECONDS, received_at)
    if moment is None and event is AlertEvent.TRIGGERED:
        moment = _moment(alert, "createdAt", times.MILLISECONDS, received_at)
    return moment or received_at


def _moment(alert: JsonReader, name: str, documented_digits: int, received_at: datetime) -> datetime | None:
    value = alert.raw(name)
    if value is None:
        return None
    digits = times.epoch_digits(value)
    moment = times.believable(times.from_epoch(digits) if digits else from_iso(value), received_at)
    if moment is None or digits is None or len(digits) != documented_digits:
        alert.note_odd(name)
    return moment


def _priority(alert: JsonReader) -> Severity | None:
    value = alert.raw("priority")
    # 3, "3" and "P3" are all documented, depending on the integration's age.
    text = str(value) if value in (1, 2, 3, 4, 5) else alert.text("priority")
    severity = severity_of(text) if text else None
    if severity is None and value is not None:
        alert.note_odd("priority")
    return severity


def _actor(origin: JsonReader, alert: JsonReader, bot_user: str | None) -> Person:
    """Without a `source.type` this is not a person: escalation continues."""
    user, name = alert.ident("userId"), alert.ident("username")
    kind = (origin.ident("type") or "").lower()
    bot = (bot_user or "").strip().lower()
    is_bot = bool(bot) and bot in {(user or "").lower(), (name or "").lower()}
    is_human = bool(kind) and kind not in _MACHINES and (name or "").lower() != "system" and not is_bot
    return Person(id=user and user[:100], name=_name(alert), is_human=is_human)


def _name(alert: JsonReader) -> str | None:
    return alert.text("userFullName") or alert.text("username")


def _note(event: AlertEvent, top: JsonReader, alert: JsonReader) -> str | None:
    """The text or the change in one line; for a new alert its description, which Opsgenie can omit."""
    if event is AlertEvent.TRIGGERED:
        return alert.text("description", NOTE)
    if event is AlertEvent.ESCALATED:
        name, whom = top.text("escalationName"), top.child("escalationNotify").text("name")
        shown = f"to {whom}" + (f" ({name})" if name else "") if whom else name
        return shown or alert.text("note", NOTE)
    if event is AlertEvent.REASSIGNED:
        whom = alert.text("owner") or (_name(alert) if (top.ident("action") or "").lower() == "takeownership" else None)
        return f"to {whom}" if whom else alert.text("note", NOTE)
    if written := alert.text("note", NOTE):
        return written
    changes = [(name, alert.text(name, NOTE)) for name in _CHANGES]
    return "; ".join(f"{name}: {value}" for name, value in changes if value)[:NOTE] or None


def _teams(alert: JsonReader) -> tuple[str, ...]:
    """Ids and names from all places: the scope in runbook.yaml may use either."""
    found = [*alert.texts("teams"), alert.text("team")]
    for responder in alert.children("responders"):
        if responder.raw("type") == "team":
            found += [responder.text("id"), responder.text("name")]
    return tuple(dict.fromkeys(name for name in found if name))

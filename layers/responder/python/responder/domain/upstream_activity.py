"""What people did upstream and nobody said in the thread yet: acknowledged, passed on, noted. Pure."""

from pydantic import AwareDatetime

from responder.domain.alert import Alert, AlertEvent
from responder.domain.model import Model

# More than these at once is not read in a thread; all of it is in the timeline.
MOST, LONGEST = 10, 500


class UpstreamActivity(Model):
    """`key` is the event's, so that a redelivery is the same; `text` one sentence about it."""

    at: AwareDatetime
    key: str
    text: str


def with_activity(known: tuple[UpstreamActivity, ...], alert: Alert) -> tuple[UpstreamActivity, ...]:
    """`known` and what `alert` adds to it, in order of time, whatever the order of arrival."""
    text = _text(alert)
    if text is None:
        return known
    return _together(known, UpstreamActivity(at=alert.occurred_at, key=alert.fingerprint, text=text))


def with_merge(known: tuple[UpstreamActivity, ...], alert: Alert) -> tuple[UpstreamActivity, ...]:
    """`known` of the incident that lives on, and that a person has merged another one into it."""
    if not alert.actor.is_human:
        return known
    title = f" ({alert.title})" if alert.title else ""
    text = f"{_who(alert)} has merged {alert.incident_id}{title} into this one."
    return _together(known, UpstreamActivity(at=alert.occurred_at, key=f"merged-{alert.incident_id}", text=text))


def _together(known: tuple[UpstreamActivity, ...], new: UpstreamActivity) -> tuple[UpstreamActivity, ...]:
    together = {one.key: one for one in (*known, new)}
    return tuple(sorted(together.values(), key=lambda one: (one.at, one.key))[-MOST:])


def is_our_own_note(alert: Alert) -> bool:
    """Our notes end with their reference (messages.plain): known again where the bot user is not configured, too."""
    return alert.event is AlertEvent.ANNOTATED and f"ref {alert.incident_id}/" in (alert.note or "")


def _who(alert: Alert) -> str:
    return alert.actor.name or alert.actor.id or "Somebody"


def _text(alert: Alert) -> str | None:
    """None for machines, our own bot user among them, and for what has a message of its own."""
    who = _who(alert)
    if alert.event is AlertEvent.UNACKNOWLEDGED:
        return "The acknowledgement was taken back, or timed out: nobody has it now."
    if not alert.actor.is_human or is_our_own_note(alert):
        return None
    if alert.event is AlertEvent.ACKNOWLEDGED:
        return f"{who} has acknowledged: nobody else is called."
    if alert.event is AlertEvent.PRIORITY_CHANGED and alert.priority:
        return f"{who} has set the priority to {alert.priority.value}; our severity follows."
    if alert.event in (AlertEvent.ESCALATED, AlertEvent.REASSIGNED):
        if alert.note == f"to {who}":
            return f"{who} has taken it."
        verb = "escalated" if alert.event is AlertEvent.ESCALATED else "reassigned"
        return f"{who} has {verb} it{f' {alert.note}' if alert.note else ''}."
    if alert.event is AlertEvent.ANNOTATED and alert.note:
        note = alert.note if len(alert.note) <= LONGEST else alert.note[: LONGEST - 1] + "…"
        return f"Note by {who}: {note}"
    return None

"""What people did in the pager (acknowledgements, reassignments, notes) and the thread does not show yet. Pure."""

from pydantic import AwareDatetime

from responder.domain.alert import Alert, AlertEvent
from responder.domain.model import Model

# How many activities the thread shows at once, and how long a note may be. The timeline has all of it.
MOST, LONGEST = 10, 500


class UpstreamActivity(Model):
    """`key`: that of the event, so a redelivery is the same activity. `text`: one sentence."""

    at: AwareDatetime
    key: str
    text: str


def with_activity(known: tuple[UpstreamActivity, ...], alert: Alert) -> tuple[UpstreamActivity, ...]:
    """Adds the activity of `alert`, if it is one. The result is sorted by time."""
    text = _text(alert)
    if text is None:
        return known
    return together(known, UpstreamActivity(at=alert.occurred_at, key=alert.fingerprint, text=text))


def with_merge(known: tuple[UpstreamActivity, ...], alert: Alert) -> tuple[UpstreamActivity, ...]:
    """Adds to the incident that remains after a merge that a person merged another one into it."""
    if not alert.actor.is_human:
        return known
    title = f" ({alert.title})" if alert.title else ""
    text = f"{_who(alert)} has merged {alert.incident_id}{title} into this one."
    return together(known, UpstreamActivity(at=alert.occurred_at, key=f"merged-{alert.incident_id}", text=text))


def together(known: tuple[UpstreamActivity, ...], new: UpstreamActivity) -> tuple[UpstreamActivity, ...]:
    """All activities, sorted by time, each key once. If there are more than MOST, the newest stay."""
    together = {one.key: one for one in (*known, new)}
    return tuple(sorted(together.values(), key=lambda one: (one.at, one.key))[-MOST:])


def is_our_own_note(alert: Alert) -> bool:
    """Whether we wrote the note: our notes end with a reference (messages.plain), with or without a bot user."""
    return alert.event is AlertEvent.ANNOTATED and f"ref {alert.incident_id}/" in (alert.note or "")


def _who(alert: Alert) -> str:
    return alert.actor.name or alert.actor.id or "Somebody"


def _text(alert: Alert) -> str | None:
    """A sentence on the activity. None if a machine did it, or our bot user, or if the event has its own message."""
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

"""The pieces that messages share. Pure."""

import hashlib
from datetime import datetime

from responder.domain.grouped_alerts import grouped_sentence
from responder.domain.incident import ActionRecord, Incident
from responder.domain.redact import redact
from responder.domain.update import Kind, Update, clock_time, shortened
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.wording import label, symptom


def update_of(notification: NotificationContext, kind: Kind, key: str, first_line: str, **parts: object) -> Update:
    fixed = {
        "incident_id": notification.incident.id,
        "kind": kind,
        "key": key,
        "headline": first_line,
        "severity": notification.incident.severity,
        "cause": notification.incident.cause,
        "links": notification.links,
        "page": notification.incident.page_url,
    }
    return Update.model_validate(fixed | parts)


def known(notification: NotificationContext) -> tuple[str, ...]:
    incident = notification.incident
    title = f"Alert: “{shortened(redact(' '.join(incident.title.split())), 200)}”, {clock_time(incident.started_at)}."
    impact = (redact(incident.impact),) if incident.impact else ()
    back = (f"Reopened upstream, {clock_time(incident.reopened_at)}.",) if incident.reopened_at else ()
    more = (grouped_sentence(incident.grouped),) if incident.grouped else ()
    return (*impact, *(redact(reason) for reason in incident.reasons), title, *more, *back, *_who_has_it(incident))


def _who_has_it(incident: Incident) -> tuple[str, ...]:
    at = incident.acknowledged_at
    return (f"A{standing(incident)[1:]}, {clock_time(at)}.",) if at else ()


def standing(incident: Incident) -> str:
    """Whether a person has it, and who."""
    stored = incident.acknowledgement
    if not stored or not stored.value:
        return "nobody has acknowledged"
    return f"acknowledged by {shortened(redact(stored.by.name or stored.by.id or 'a person'), 60)}"


def reopened(incident: Incident) -> str | None:
    return "Reopened" if incident.reopened_at else None


_QUESTIONS = ("asked", "needs_approval")


def tried(actions: tuple[ActionRecord, ...]) -> tuple[str, ...]:
    """What was done, in the action's own words, oldest first; a question only while nothing came of it yet."""
    last = {action.name: action for action in actions}
    told = [action for action in actions if action.outcome not in _QUESTIONS or action is last[action.name]]
    return tuple(redact(str(action.data.get("text") or f"{action.name}: {action.outcome}.")) for action in told)


def fingerprint(lines: tuple[str, ...]) -> str:
    """Tells one set of sentences from another, in a key."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def mention(notification: NotificationContext, level: int) -> str | None:
    escalation_level = notification.runbook.escalation.get(level)
    return escalation_level.slack_mention if escalation_level else None


def symptom_of(notification: NotificationContext) -> str:
    return symptom(notification.incident)


def severity_of(notification: NotificationContext) -> str:
    return label(notification.incident.severity)


def evidence(notification: NotificationContext) -> str:
    return notification.incident.evidence_run or "first"


def beside_another(update: Update, title: str) -> Update:
    """As it stands in a thread that was opened for another alert: nobody must take it for that one's news."""
    name = f"“{shortened(redact(' '.join(title.split())), 200)}”"
    is_named = any(name in line for line in update.known)
    known = update.known if is_named else (f"This is about another alert of the same outage: {name}.", *update.known)
    first = update.headline if update.incident_id in update.headline else f"{update.incident_id} · {update.headline}"
    return update.model_copy(update={"headline": first, "known": known})


def duration(since: datetime, until: datetime) -> str:
    seconds = max(0, round((until - since).total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{minutes} min"

"""The pieces that messages share. Pure."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from responder.domain.diagnosis import Cause, Severity, Verdict
from responder.domain.finding import spoken, without_probe_names
from responder.domain.grouped_alerts import grouped_sentence
from responder.domain.incident import ActionRecord, Incident, names
from responder.domain.redact import redact
from responder.domain.update import AlertButton, Head, Kind, Update, clock_seconds, clock_time, shortened
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.wording import DONE, EVENT, FAULT, label, symptom

_UUID = re.compile(r"\b([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_ARN = re.compile(r"\barn:aws[a-z-]*:(?:[^:\s]*:){3}(?:[^:\s]*:)*([^:\s,;)]+)")

# A setting's key in the record of overrides, such as `flag:request_queue` and `scale:hpa/twinmind-hpa`.
_SETTING = re.compile(r"(?<![\w:])(flag|Flag|scale):(\w+)")
_SETTINGS = {"flag": "service flag ", "Flag": "Service flag ", "scale": "autoscaler "}
# A reason of the diagnosis names a cause as programs do; the cause in words follows.
_CAUSE = re.compile(r"\bBesides this, [a-z_]+: ")


def readable(text: str) -> str:
    """Without UUIDs and ARNs (a part is enough to compare), and without names that only programs know."""
    text = without_probe_names(_CAUSE.sub("Besides this: ", text))
    named = _SETTING.sub(lambda found: _SETTINGS[found[1]] + spoken(found[2]), text)
    return _UUID.sub(r"\1", _ARN.sub(r"\1", named))


def _readable(value: object) -> object:
    if isinstance(value, tuple):
        return tuple(map(_readable, value))
    return readable(value) if isinstance(value, str) else value


# The parts that are made readable; commands, keys and links stay exact.
_TEXTS = ("known", "doing", "need_from_people")


def update_of(
    notification: NotificationContext, kind: Kind, key: str, first_line: str, *, state: str = "", **parts: object
) -> Update:
    """`state`: the state in the head; by default the end of the headline."""
    parts = {name: _readable(value) if name in _TEXTS else value for name, value in parts.items()}
    fixed: dict[str, object] = {
        "incident_id": notification.incident.id,
        "kind": kind,
        "key": key,
        "headline": readable(first_line),
        "severity": notification.incident.severity,
        "cause": notification.incident.cause,
        "links": notification.links,
        "page": notification.incident.page_url,
    }
    needs = parts.get("need_from_people") or ()
    state = readable(state or first_line.rpartition(" · ")[2])
    fixed |= {"head": _head(notification, state, needs[0] if isinstance(needs, tuple) and needs else "")}
    return Update.model_validate(fixed | {"at": notification.now} | parts)


def _head(notification: NotificationContext, state: str, need: object) -> Head:
    incident = notification.incident
    sure = f", {incident.confidence:.0%} sure" if incident.cause and incident.confidence is not None else ""
    return Head(
        what=f"{label(incident.severity)} · {symptom(incident)}",
        fault=f"{FAULT[notification.cause]}{sure}",
        state=state,
        need=str(need) or "Nothing now.",
    )


def known(notification: NotificationContext) -> tuple[str, ...]:
    incident = notification.incident
    title = f"Alert: “{shortened(redact(' '.join(incident.title.split())), 200)}”, {clock_time(incident.started_at)}."
    impact = (redact(incident.impact),) if incident.impact else ()
    back = (f"Reopened upstream, {clock_time(incident.reopened_at)}.",) if incident.reopened_at else ()
    raised = raised_severity(notification)
    more = (grouped_sentence(incident.grouped),) if incident.grouped else ()
    reasons = tuple(redact(reason) for reason in incident.reasons if not _repeats(reason, incident.impact or ""))
    return (*impact, *reasons, title, *more, *raised, *back, *_who_has_it(incident))


def _repeats(reason: str, impact: str) -> bool:
    """Whether the impact says this already: both come from the service's metrics."""
    counts = re.match(r"service_metrics: (\d+ of \d+ )", reason)
    return counts is not None and counts[1] in impact and "CPU" not in reason


def changing(notification: NotificationContext) -> tuple[str, ...]:
    """The part of `known` that can change between messages; the thread has the diagnosis already."""
    incident = notification.incident
    return (*((redact(incident.impact),) if incident.impact else ()), *_who_has_it(incident))


def raised_severity(notification: NotificationContext) -> tuple[str, ...]:
    """Why the severity is higher than the alert's, and that the pager does not show it."""
    incident, born = notification.incident, notification.incident.born_severity
    if not (born and incident.severity and incident.severity.rank > born.rank) or incident.people_severity:
        return ()
    if incident.cause is Cause.KEY_LEAKED:
        why = "a key that leaked is always P1"
    else:
        is_most = incident.severity is Severity.P1
        why = "all or most transcriptions fail" if is_most else "our checks show more"
    pager = notification.runbook.vendors.title_of(incident.source)
    return (f"The alert came as {born}, and we treat it as {incident.severity}: {why}. {pager} still shows {born}.",)


def _who_has_it(incident: Incident) -> tuple[str, ...]:
    at = incident.acknowledged_at
    return (f"A{standing(incident)[1:]}, {clock_time(at)}.",) if at else ()


def standing(incident: Incident) -> str:
    """Whether a person has it, and who."""
    stored = incident.acknowledgement
    if not stored or not stored.value:
        return "nobody has acknowledged"
    return f"acknowledged by {shortened(redact(stored.by.name or stored.by.id or 'a person'), 60)}"


def acknowledge_button(incident: Incident) -> tuple[AlertButton, ...]:
    return () if incident.acknowledged_at or incident.is_over_upstream else ("acknowledge",)


_QUESTIONS = ("asked", "needs_approval")


def tried(actions: tuple[ActionRecord, ...]) -> tuple[str, ...]:
    """The results in the actions' own words, oldest first; a question only while it has no result."""
    last = {action.name: action for action in actions}
    told = [action for action in actions if action.outcome not in _QUESTIONS or action is last[action.name]]
    return tuple(redact(str(action.data.get("text") or f"{action.name}: {action.outcome}.")) for action in told)


def outcomes(actions: tuple[ActionRecord, ...]) -> tuple[str, ...]:
    """As `tried`, each with its time."""
    last = {action.name: action for action in actions}
    told = [action for action in actions if action.outcome not in _QUESTIONS or action is last[action.name]]
    return tuple(f"{clock_seconds(action.at)}: {line}" for action, line in zip(told, tried(actions), strict=True))


_HELPED = ("promoted", "restarted", "applied", "verified", "contained")


def ended_by(incident: Incident, actions: Sequence[ActionRecord]) -> str:
    """How it ended, as a phrase: all actions that helped, oldest first; none for a fault of TwinMind's."""
    helped = dict.fromkeys(DONE.get(one.name, one.name) for one in actions if one.outcome in _HELPED)
    if helped and (incident.cause or Cause.UNKNOWN).verdict is not Verdict.THEIRS:
        return f"ended by {names(helped)}"
    return "resolved by people upstream" if incident.is_over_upstream else "it passed without a change of ours"


def effect_figures(notification: NotificationContext) -> tuple[str, ...]:
    """The figures before and after, without "It helps", which the message says itself."""
    return (redact(re.sub(r"^It helps \([^)]*\)\. ", "", notification.effect)),) if notification.effect else ()


_MONTH = timedelta(days=30)
_ORDINALS = ("Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth")


def recurrence(notification: NotificationContext) -> tuple[str, ...]:
    """How often it happened lately, and what ended it the last time; empty if it did not."""
    since = notification.incident.started_at - _MONTH
    recent = [one for one in notification.earlier if one.incident.started_at >= since]
    if not recent:
        return ()
    last, noun = recent[0], EVENT[notification.cause]
    often = f"{_ORDINALS[len(recent) - 1]} {noun}" if len(recent) <= len(_ORDINALS) else f"More than ten times: {noun}"
    return (f"{often} in 30 days; the last one ({last.incident.started_at:%Y-%m-%d}): {redact(last.ended_by)}.",)


def fingerprint(lines: tuple[str, ...]) -> str:
    """A short hash of the sentences, for an update's key."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:8]


def mention(notification: NotificationContext, level: int) -> str | None:
    escalation_level = notification.runbook.escalation.get(level)
    return escalation_level.slack_mention if escalation_level else None


def severity_of(notification: NotificationContext) -> str:
    return label(notification.incident.severity)


def evidence(notification: NotificationContext) -> str:
    return notification.incident.evidence_run or "first"


def beside_another(update: Update, title: str) -> Update:
    """The update for a thread that another alert opened: it says which alert it is about."""
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

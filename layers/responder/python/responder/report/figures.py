"""How long it took: the numbers of one incident, for the report, the page, and the dashboard. Pure."""

from dataclasses import dataclass
from datetime import datetime

from responder.domain.update import Audience
from responder.notifications.messages.notification import NotificationContext
from responder.report.render.document import Moment, Picture, Table, Tone


@dataclass(frozen=True)
class IncidentMetric:
    """Seconds from the alert; None where it never happened. `metric` is its name in CloudWatch."""

    name: str
    metric: str
    seconds: float | None


def figures(history: NotificationContext) -> tuple[IncidentMetric, ...]:
    incident = history.incident
    times = (
        ("diagnosed", "SecondsToDiagnosis", history.first("diagnosis")),
        ("first message to people", "SecondsToFirstMessage", incident.announced_at),
        ("public notice", "SecondsToPublicNotice", history.reached(Audience.PUBLIC)),
        ("acknowledged by a person", "SecondsToAcknowledge", incident.acknowledged_at),
        ("mitigated", "SecondsToMitigate", incident.mitigated_at),
        ("over", "SecondsToResolve", incident.resolved_at),
    )
    return tuple(IncidentMetric(name, metric, _since(incident.started_at, at)) for name, metric, at in times)


def table(history: NotificationContext) -> Table:
    rows = tuple((one.name, _how_long(one, history)) for one in figures(history))
    return Table(("After the alert", "How long"), rows)


def _how_long(figure: IncidentMetric, history: NotificationContext) -> str:
    if figure.seconds is not None:
        return after(figure.seconds)
    if history.incident.status.is_open:
        return "not yet"
    was_held = figure.metric == "SecondsToPublicNotice" and history.first("message", "held-")
    return "none: it recovered while the notice waited for our repair" if was_held else "never"


def after(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{count(hours, 'hour')} {count(left, 'minute')}"
    return f"{count(minutes, 'minute')} {rest} s" if minutes else f"{rest} s"


def picture(history: NotificationContext) -> Picture:
    """Detected, told, acted, recovered, closed: what a reader looks for first."""
    incident, zone = history.incident, history.runbook.zone
    known: tuple[tuple[str, datetime | None, Tone], ...] = (
        ("detected", incident.started_at, "bad"),
        ("told", incident.announced_at, "bad"),
        ("acted", acted_at(history), "busy"),
        ("acknowledged", incident.acknowledged_at, "busy"),
        ("recovered", incident.mitigated_at, "good"),
        ("closed", incident.resolved_at, "good"),
    )
    moments = (Moment(at.astimezone(zone), name, tone) for name, at, tone in known if at is not None)
    return Picture("What happened when", tuple(moments))


# Outcomes without a change.
_IDLE = {
    "observed", "not_allowed", "not_needed", "not_configured", "needs_approval", "needs_people",
    "declined", "expired", "no_standby_key", "busy",
}  # fmt: skip


def acted_at(history: NotificationContext) -> datetime | None:
    """When we first changed something, or tried to; plans and refusals do not count."""
    return min((action.at for action in history.actions if action.outcome not in _IDLE), default=None)


def _since(start: datetime, at: datetime | None) -> float | None:
    return None if at is None else max(0.0, (at - start).total_seconds())


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"

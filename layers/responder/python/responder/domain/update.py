"""What people are told: one Update, whichever channel carries it. Pure."""

from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from responder.domain.diagnosis import Cause
from responder.domain.model import Model
from responder.domain.severity import Severity

_UTC = ZoneInfo("UTC")


class Kind(StrEnum):
    OPENED = "opened"
    ANNOUNCED = "announced"
    PROGRESS = "progress"
    ESCALATION = "escalation"
    HANDOVER = "handover"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    REPORT = "report"
    FAILED = "failed"
    FOLLOW_UP = "follow_up"
    UPSTREAM_ACTIVITY = "upstream_activity"
    TASK = "task"
    TASK_REMINDER = "task_reminder"
    TASK_SETTLED = "task_settled"


class Audience(StrEnum):
    """Who reads there. RESPONDERS work on the incident; RECORD is what is kept and read by nobody at that moment."""

    RESPONDERS = "responders"
    STAKEHOLDERS = "stakeholders"
    PUBLIC = "public"
    RECORD = "record"


class Link(Model):
    """`url` is http or https: anything else that an alert claims to be a link is dropped before it gets here."""

    text: str
    url: str


class Question(Model):
    """What people are asked. `lines` are the plan as sentences: what, the exact changes, effect, undo.

    `by_button`: Slack's buttons may answer it; the incident, `ask` and `plan_hash` are all that they carry.
    """

    task: str
    plan_hash: str
    title: str
    lines: tuple[str, ...]
    effect: str = ""
    undo: str = ""
    by_button: bool = False


class Update(Model):
    """`key` names the update within its incident, so that a repeated step is the same update and is sent once.

    The headline says severity, what is broken for whom, whose fault it is, and what was done or is needed:
    it is all that a lock screen shows.
    """

    incident_id: str
    key: str
    kind: Kind
    headline: str
    severity: Severity | None = None
    cause: Cause | None = None
    known: tuple[str, ...] = ()
    doing: tuple[str, ...] = ()
    question: Question | None = None
    need_from_people: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    next_update_by: AwareDatetime | None = None
    mention: str | None = None
    # The escalation level that is called, where one is.
    level: int | None = None
    links: tuple[Link, ...] = ()
    # The signed link to the incident's page: only for channels that stay among the people who work on it.
    page: str | None = None


def clock_time(moment: datetime) -> str:
    """`14:05 UTC`: people compare it with their wall clock, so the date stays out and the zone does not."""
    return f"{moment.astimezone(_UTC):%H:%M} UTC"


def is_link(url: str | None) -> bool:
    return bool(url) and str(url).startswith(("https://", "http://")) and not set(str(url)) & set(' "<>|\n\r\t\\')


def shortened(text: str, limit: int) -> str:
    """Cut at a word where one ends near, with an ellipsis, to at most `limit` characters."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit * 0.8 else cut).rstrip() + "…"

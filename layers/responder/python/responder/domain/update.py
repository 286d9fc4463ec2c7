"""An update: a message to people, the same for all channels. Pure."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from responder.domain.diagnosis import Cause, Severity
from responder.domain.model import Model


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
    """RESPONDERS work on the incident. RECORD is stored and alerts nobody."""

    RESPONDERS = "responders"
    STAKEHOLDERS = "stakeholders"
    PUBLIC = "public"
    RECORD = "record"


class Link(Model):
    """`url` begins with http or https. An alert's other links are never made into a Link."""

    text: str
    url: str


class Question(Model):
    """A task as people see it. `lines`: the plan, with its exact changes, its effect and its undo.

    `by_button`: buttons in Slack may decide it. They carry only the incident, the task and `plan_hash`.
    """

    task: str
    plan_hash: str
    title: str
    lines: tuple[str, ...]
    effect: str = ""
    undo: str = ""
    by_button: bool = False


AlertButton = Literal["acknowledge", "resolve"]


class Head(Model):
    """The present state in four sentences. People read it first; channels that can edit messages keep it up to date."""

    what: str
    fault: str
    state: str
    need: str


class Update(Model):
    """`key`: the update's identity within its incident. A repeated step sends it only once.

    `headline`: all that a phone's lock screen shows: the severity, what is broken for whom, whose fault it is, and what
    was done or is needed.
    """

    incident_id: str
    key: str
    kind: Kind
    headline: str
    head: Head
    at: AwareDatetime
    severity: Severity | None = None
    cause: Cause | None = None
    known: tuple[str, ...] = ()
    doing: tuple[str, ...] = ()
    question: Question | None = None
    need_from_people: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    next_update_by: AwareDatetime | None = None
    mention: str | None = None
    # The human task that the update is about, if any.
    task: str | None = None
    # The escalation level that is called, if any.
    level: int | None = None
    # What people may do with the alert in the pager, for channels that have buttons.
    alert_buttons: tuple[AlertButton, ...] = ()
    links: tuple[Link, ...] = ()
    # The signed link to the incident page. Only channels of responders may show it.
    page: str | None = None


def clock_time(moment: datetime) -> str:
    """Such as `14:05 UTC`, without a date."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def clock_seconds(moment: datetime) -> str:
    """Such as `14:05:09 UTC`, for things that happen within a minute."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


def is_link(url: str | None) -> bool:
    return bool(url) and str(url).startswith(("https://", "http://")) and not set(str(url)) & set(' "<>|\n\r\t\\')


def shortened(text: str, limit: int) -> str:
    """The text in at most `limit` characters. A longer one is cut, between words if possible, and ends with `…`."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit * 0.8 else cut).rstrip() + "…"

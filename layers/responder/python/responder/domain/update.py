"""An Update: the message to people, the same for every channel. Pure."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from responder.domain.diagnosis import Cause
from responder.domain.model import Model
from responder.domain.severity import Severity


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
    """RESPONDERS work on the incident; RECORD is stored and rings nobody."""

    RESPONDERS = "responders"
    STAKEHOLDERS = "stakeholders"
    PUBLIC = "public"
    RECORD = "record"


class Link(Model):
    """`url` is http or https; other links of an alert are dropped earlier."""

    text: str
    url: str


class Question(Model):
    """A task shown to people. `lines` are the plan: what, the exact changes, effect, undo.

    `by_button`: Slack's buttons may decide it; they carry only the incident, task and `plan_hash`.
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
    """How things stand, in four facts: what somebody reads first, and what is kept up to date in place."""

    what: str
    fault: str
    state: str
    need: str


class Update(Model):
    """`key` identifies the update within its incident: a repeated step sends it once.

    The headline is all that a lock screen shows: severity, what is broken for whom, who is at fault, and what was
    done or is needed.
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
    # The human task that it is about, if any.
    task: str | None = None
    # The escalation level being called, if any.
    level: int | None = None
    # What somebody may do with the alert at the pager, where the channel has buttons.
    alert_buttons: tuple[AlertButton, ...] = ()
    links: tuple[Link, ...] = ()
    # The signed link to the incident's page: only for channels of responders.
    page: str | None = None


def clock_time(moment: datetime) -> str:
    """`14:05 UTC`, without a date, to compare with a wall clock."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def clock_seconds(moment: datetime) -> str:
    """`14:05:09 UTC`, for what happened where minutes say nothing."""
    return f"{moment.astimezone(UTC):%H:%M:%S} UTC"


def is_link(url: str | None) -> bool:
    return bool(url) and str(url).startswith(("https://", "http://")) and not set(str(url)) & set(' "<>|\n\r\t\\')


def shortened(text: str, limit: int) -> str:
    """At most `limit` characters, cut between words if possible, with an ellipsis."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at = cut.rfind(" ")
    return (cut[:at] if at > limit * 0.8 else cut).rstrip() + "…"

"""Tasks for people: to approve a plan, to make a standby key, to revoke a key. They are stored on the incident. Pure.

Only these records count. A button, a command or a callback just names one.
"""

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from responder.domain.model import Model

# Maximum length, in characters, of a person's reason for a decision.
REASON_LIMIT = 300

Decision = Literal["approved", "declined", "expired", "fulfilled", "withdrawn"]


class TaskNotOpen(ValueError):
    """The task is missing, decided, expired, or about another plan. The text says which."""


class HumanTask(Model):
    """One task for people. Only an approval can be decided by a button or a command, and only it has a `plan_hash`: it
    covers exactly the changes that were shown.

    `changes`: those of the plan, as in contracts.action.Plan. `command`: a shell command that does the task, if any.
    `remind_at`: when the next reminder is due. `reminded_at`: when the last one was sent.
    `used_for`: the act that used up the approval. `acted_on`: the workflow has handled the decision or the expiry.
    `told_at`, `outcome_told_at`: when people were told of the task, and of its outcome (see `due_message`).
    """

    name: str
    action: str | None = None
    plan_hash: str = ""
    sentence: str
    effect: str = ""
    undo: str = ""
    changes: dict[str, Any] = Field(default_factory=dict)
    command: str = ""
    requested_at: AwareDatetime
    remind_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    told_at: AwareDatetime | None = None
    reminded_at: AwareDatetime | None = None
    decision: Decision | None = None
    decided_at: AwareDatetime | None = None
    decided_by: str | None = None
    reason: str | None = None
    outcome_told_at: AwareDatetime | None = None
    used_for: str | None = None
    acted_on: bool = False

    @property
    def key(self) -> str:
        """The identity of this request. The same plan, requested again after it expired, has another key."""
        return f"{self.name}-{self.plan_hash or 'open'}-{int(self.requested_at.timestamp())}"

    @property
    def is_approval(self) -> bool:
        return bool(self.plan_hash)

    def is_open(self, now: datetime) -> bool:
        return self.decision is None and (self.expires_at is None or now < self.expires_at)

    def wants_reminder(self, now: datetime) -> bool:
        """Whether the next reminder is due and was not sent yet."""
        said = self.reminded_at is not None and self.reminded_at >= self.remind_at
        return self.is_open(now) and now >= self.remind_at and not said


HumanTasks = tuple[HumanTask, ...]


def task_named(human_tasks: HumanTasks, name: str) -> HumanTask | None:
    return next((task for task in human_tasks if task.name == name), None)


def with_task(human_tasks: HumanTasks, task: HumanTask) -> HumanTasks:
    return (*(one for one in human_tasks if one.name != task.name), task)


def with_changes(human_tasks: HumanTasks, name: str, **changes: Any) -> HumanTasks:
    """Sets fields of the task with this name. Without such a task, nothing changes."""
    return _changed(human_tasks, lambda task: task.name == name, **changes)


def _changed(human_tasks: HumanTasks, is_meant: Callable[[HumanTask], bool], **changes: Any) -> HumanTasks:
    return tuple(task.model_copy(update=changes) if is_meant(task) else task for task in human_tasks)


def with_expired(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Marks tasks whose time is over as expired, so that no later decision counts."""
    return tuple(_expired(task) if task.decision is None and not task.is_open(now) else task for task in human_tasks)


def _expired(task: HumanTask) -> HumanTask:
    return task.model_copy(update={"decision": "expired", "decided_at": task.expires_at})


def due_message(human_tasks: HumanTasks, now: datetime) -> tuple[str, str] | None:
    """The kind of the update that is due next, and the task's name; None if none is due.

    The outcome of a task is sent only if people were told of the task.
    """
    due: dict[str, list[HumanTask]] = {
        "task_settled": [
            task for task in human_tasks if task.told_at and not task.outcome_told_at and not task.is_open(now)
        ],
        "task": [task for task in human_tasks if task.is_open(now) and not task.told_at],
        "task_reminder": [task for task in human_tasks if task.wants_reminder(now)],
    }
    return next(((kind, found[0].name) for kind, found in due.items() if found), None)


class TaskDecision(Model):
    """A person's decision about one plan. `by`: the identity that the channel verified."""

    name: str
    plan_hash: str
    decision: Decision
    by: str
    at: AwareDatetime
    reason: str | None = None


def with_decision(human_tasks: HumanTasks, answer: TaskDecision) -> HumanTasks:
    """Records a decision. Raises TaskNotOpen, with a sentence for the person, if the task cannot be decided so."""
    task = task_named(human_tasks, answer.name)
    if task is None:
        raise TaskNotOpen(f"nothing named {answer.name} is asked for in this incident")
    if not task.is_approval:
        raise TaskNotOpen("this is not decided by an answer; the workflow goes on by itself when it is done")
    if task.plan_hash != answer.plan_hash:
        raise TaskNotOpen("the plan has changed since this was shown; decide on the newest message")
    if task.decision is not None:
        raise TaskNotOpen(_settled_already(task))
    if not task.is_open(answer.at):
        raise TaskNotOpen(f"the time to decide ended at {task.expires_at:%H:%M} UTC; nothing was changed")
    given = {"decision": answer.decision, "decided_at": answer.at, "decided_by": answer.by, "reason": answer.reason}
    return with_changes(human_tasks, task.name, **given)


def is_repeat(human_tasks: HumanTasks, answer: TaskDecision) -> bool:
    """Whether the same person made the same decision before, by a second click or a repeated call."""
    task = task_named(human_tasks, answer.name)
    given = (answer.plan_hash, answer.decision, answer.by)
    return task is not None and (task.plan_hash, task.decision, task.decided_by) == given


def _settled_already(task: HumanTask) -> str:
    at = f" at {task.decided_at:%H:%M} UTC" if task.decided_at else ""
    if task.decision == "expired":
        return f"the time to decide ended{at}; nothing was changed"
    return f"it was {task.decision} already{at}" + (f", by {task.decided_by}" if task.decided_by else "")


# The name of the task of a rotation that has no usable key.
STANDBY_KEY = "standby_key"
# The decisions after which the playbook runs again. A withdrawn task is no decision of a person.
_ANSWERS = ("approved", "declined", "expired", "fulfilled")
# Actions that a channel does by itself once people have decided. No playbook waits for them.
_NO_PLAYBOOK = ("public_notice",)


def decisions_to_act_on(human_tasks: HumanTasks, acted: Collection[str], now: datetime) -> tuple[str, ...]:
    """The names of the decisions and expiries that the workflow has not acted on yet."""
    waiting = (task for task in human_tasks if not task.acted_on and task.action not in _NO_PLAYBOOK)
    found = (decision_name(task) for task in waiting if is_decided(task, now))
    return tuple(name for name in found if name not in acted)


def is_decided(task: HumanTask, now: datetime) -> bool:
    return task.decision in _ANSWERS if task.decision else not task.is_open(now)


def decision_name(task: HumanTask) -> str:
    """The identity of a decision. The same plan, requested and approved a second time, is another decision."""
    return f"{task.key}:{task.decision or 'expired'}"


def with_acted(human_tasks: HumanTasks, acted: Collection[str], now: datetime) -> HumanTasks:
    """Marks the tasks whose decisions the workflow acted on. An expired task gets the decision `expired`."""

    def marked(task: HumanTask) -> HumanTask:
        if task.acted_on or not is_decided(task, now) or decision_name(task) not in acted:
            return task
        return (task if task.decision else _expired(task)).model_copy(update={"acted_on": True})

    return tuple(marked(task) for task in human_tasks)


def with_withdrawn(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Withdraws open tasks when the incident is over."""
    return _changed(human_tasks, lambda task: task.is_open(now), decision="withdrawn", decided_at=now)


def with_superseded(human_tasks: HumanTasks, called_for: Collection[str], now: datetime) -> HumanTasks:
    """Withdraws open tasks for actions that are not in `called_for`, the playbook of the new cause.

    The gate would refuse such an action even if it were approved. The task to revoke a leaked key stays open.
    """

    def is_superseded(task: HumanTask) -> bool:
        is_ours = task.is_approval or task.name == STANDBY_KEY
        return task.is_open(now) and task.action not in called_for and is_ours

    return _changed(human_tasks, is_superseded, decision="withdrawn", decided_at=now)


# How late the end of a task may be recorded. While a task is open, monitoring runs every 30 s.
LATE = timedelta(minutes=5)


def overdue_tasks(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """The tasks whose time was over long ago, although no expiry is recorded."""
    return tuple(
        task for task in human_tasks if task.decision is None and task.expires_at and now - task.expires_at > LATE
    )

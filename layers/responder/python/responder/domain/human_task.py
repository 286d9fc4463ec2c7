"""Tasks for people, with a deadline: an approval, a standby key, a revocation. Stored on the incident. Pure.

Only these records count; a button, command or callback just refers to one.
"""

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from responder.domain.model import Model

# Maximum length, in characters, of a person's reason for a decision.
REASON_LIMIT = 300

Decision = Literal["approved", "declined", "expired", "fulfilled", "withdrawn"]


class TaskNotOpen(ValueError):
    """The task is missing, already decided, expired, or about another plan; the text says which."""


class HumanTask(Model):
    """One task for people. Only an approval has a `plan_hash` (it covers exactly the changes that were shown) and
    can be decided by a button or a command.

    `changes` is the plan's: setting → {"before", "after"}. `command` does the task, where one exists.
    `remind_at`: the next reminder; `reminded_at`: when the last one was sent.
    `used_for`: the one action that spent the approval.
    `acted_on`: the workflow has handled the decision, or its absence.
    `told_at`, `outcome_told_at`: when people were notified of the task and of its outcome (see `due_message`).
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
        """Identifies this request: the same plan requested again after it expired has another key."""
        return f"{self.name}-{self.plan_hash or 'open'}-{int(self.requested_at.timestamp())}"

    @property
    def is_approval(self) -> bool:
        return bool(self.plan_hash)

    def is_open(self, now: datetime) -> bool:
        return self.decision is None and (self.expires_at is None or now < self.expires_at)

    def wants_reminder(self, now: datetime) -> bool:
        """Whether the next reminder is due; `reminded_at` prevents sending it twice."""
        said = self.reminded_at is not None and self.reminded_at >= self.remind_at
        return self.is_open(now) and now >= self.remind_at and not said


HumanTasks = tuple[HumanTask, ...]


def task_named(human_tasks: HumanTasks, name: str) -> HumanTask | None:
    return next((task for task in human_tasks if task.name == name), None)


def with_task(human_tasks: HumanTasks, task: HumanTask) -> HumanTasks:
    return (*(one for one in human_tasks if one.name != task.name), task)


def with_changes(human_tasks: HumanTasks, name: str, **changes: Any) -> HumanTasks:
    """Sets fields of one task; a missing one stays missing."""
    return tuple(task.model_copy(update=changes) if task.name == name else task for task in human_tasks)


def with_expired(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Marks open tasks whose time ran out as expired: no later decision counts."""
    return tuple(
        task.model_copy(update={"decision": "expired", "decided_at": task.expires_at})
        if task.decision is None and not task.is_open(now)
        else task
        for task in human_tasks
    )


def due_message(human_tasks: HumanTasks, now: datetime) -> tuple[str, str] | None:
    """The kind of update that is due and the task's name. Order: `task_settled`, `ask`, `task_reminder`.

    The outcome is not sent for a task that people were never notified of.
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
    """A person's decision about one plan; `by` is the identity that the channel verified."""

    name: str
    plan_hash: str
    decision: Decision
    by: str
    at: AwareDatetime
    reason: str | None = None


def with_decision(human_tasks: HumanTasks, answer: TaskDecision) -> HumanTasks:
    """Records a decision, once. Raises TaskNotOpen with a sentence for the person if it is too late or outdated."""
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
    decision = {
        "decision": answer.decision,
        "decided_at": answer.at,
        "decided_by": answer.by,
        "reason": answer.reason,
    }
    return with_changes(human_tasks, task.name, **decision)


def is_repeat(human_tasks: HumanTasks, answer: TaskDecision) -> bool:
    """Whether this person made exactly this decision before: a second click, or a retried call."""
    task = task_named(human_tasks, answer.name)
    given = (answer.plan_hash, answer.decision, answer.by)
    return task is not None and (task.plan_hash, task.decision, task.decided_by) == given


def _settled_already(task: HumanTask) -> str:
    at = f" at {task.decided_at:%H:%M} UTC" if task.decided_at else ""
    if task.decision == "expired":
        return f"the time to decide ended{at}; nothing was changed"
    return f"it was {task.decision} already{at}" + (f", by {task.decided_by}" if task.decided_by else "")

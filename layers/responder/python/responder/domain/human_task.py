"""Tasks for people: to approve a plan, to make a standby key, to revoke a key. They are stored on the incident. Pure.

Only these records count. A button, a command or a callback just names one.
"""

from datetime import datetime
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
    return tuple(task.model_copy(update=changes) if task.name == name else task for task in human_tasks)


def with_expired(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Marks tasks whose time is over as expired, so that no later decision counts."""
    return tuple(
        task.model_copy(update={"decision": "expired", "decided_at": task.expires_at})
        if task.decision is None and not task.is_open(now)
        else task
        for task in human_tasks
    )


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

"""Which human tasks were decided, and which decisions the workflow has acted on. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from responder.domain.human_task import HumanTask, HumanTasks

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
        expired = {} if task.decision else {"decision": "expired", "decided_at": task.expires_at}
        return task.model_copy(update={"acted_on": True, **expired})

    return tuple(marked(task) for task in human_tasks)


def with_withdrawn(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Withdraws open tasks when the incident is over."""
    return tuple(
        task.model_copy(update={"decision": "withdrawn", "decided_at": now}) if task.is_open(now) else task
        for task in human_tasks
    )


def with_superseded(human_tasks: HumanTasks, called_for: Collection[str], now: datetime) -> HumanTasks:
    """Withdraws open tasks for actions that are not in `called_for`, the playbook of the new cause.

    The gate would refuse such an action even if it were approved. The task to revoke a leaked key stays open.
    """

    def is_superseded(task: HumanTask) -> bool:
        return task.action not in called_for and (task.is_approval or task.name == STANDBY_KEY)

    return tuple(with_withdrawn((task,), now)[0] if is_superseded(task) else task for task in human_tasks)


# How late the end of a task may be recorded. While a task is open, monitoring runs every 30 s.
LATE = timedelta(minutes=5)


def overdue_tasks(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """The tasks whose time was over long ago, although no expiry is recorded."""
    return tuple(
        task for task in human_tasks if task.decision is None and task.expires_at and now - task.expires_at > LATE
    )

"""Which human tasks were decided, and which decisions the workflow has acted on. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from responder.domain.human_task import HumanTask, HumanTasks

# The task of a rotation that lacks a usable key.
STANDBY_KEY = "standby_key"
# Decisions after which the playbook runs again; a withdrawn task has no decision.
_ANSWERS = ("approved", "declined", "expired", "fulfilled")
# What the channel does itself once people are notified: no playbook waits for it.
_NO_PLAYBOOK = ("public_notice",)


def decisions_to_act_on(human_tasks: HumanTasks, acted: Collection[str], now: datetime) -> tuple[str, ...]:
    """Decisions and expired times, by name, that the workflow has not acted on yet."""
    waiting = (task for task in human_tasks if not task.acted_on and task.action not in _NO_PLAYBOOK)
    found = (decision_name(task) for task in waiting if is_decided(task, now))
    return tuple(name for name in found if name not in acted)


def is_decided(task: HumanTask, now: datetime) -> bool:
    return task.decision in _ANSWERS if task.decision else not task.is_open(now)


def decision_name(task: HumanTask) -> str:
    """Identifies the request, not the plan: approving the same plan a second time is another decision."""
    return f"{task.key}:{task.decision or 'expired'}"


def with_acted(human_tasks: HumanTasks, acted: Collection[str], now: datetime) -> HumanTasks:
    """Marks what the workflow acted on. An expired task gets a decision without a person."""

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
    """Withdraws open tasks that the playbook of the new cause (`called_for`) does not need.

    The gate would refuse such an action even if approved. Revoking a leaked key stays open.
    """

    def is_superseded(task: HumanTask) -> bool:
        return task.action not in called_for and (task.is_approval or task.name == STANDBY_KEY)

    return tuple(with_withdrawn((task,), now)[0] if is_superseded(task) else task for task in human_tasks)


# Monitoring runs every 30 s while a task is open.
LATE = timedelta(minutes=5)


def overdue_tasks(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Tasks whose time ran out long ago without that being recorded."""
    return tuple(
        task for task in human_tasks if task.decision is None and task.expires_at and now - task.expires_at > LATE
    )

"""The asks of an incident as the watch sees them: what was answered, and what was done about it. Pure."""

from collections.abc import Collection
from datetime import datetime, timedelta

from responder.domain.human_task import HumanTask, HumanTasks

# The ask of a rotation that has no key to go on with.
STANDBY_KEY = "standby_key"
# What people say that the playbook is run again for; what was withdrawn is nobody's answer.
_ANSWERS = ("approved", "declined", "expired", "fulfilled")
# What the channel does itself when people are told of the answer: no playbook waits for it.
_NO_PLAYBOOK = ("public_notice",)


def decisions_to_act_on(human_tasks: HumanTasks, acted: Collection[str], now: datetime) -> tuple[str, ...]:
    """Names for the decisions, and for times that ran out, that the machine has not gone on with yet."""
    found = (decision_name(task) for task in human_tasks if _waits(task) and is_decided(task, now))
    return tuple(name for name in found if name not in acted)


def _waits(task: HumanTask) -> bool:
    return not task.acted_on and task.action not in _NO_PLAYBOOK


def is_decided(task: HumanTask, now: datetime) -> bool:
    return task.decision in _ANSWERS if task.decision else not task.is_open(now)


def decision_name(task: HumanTask) -> str:
    """By the asking, not by the plan: the same plan approved a second time is another answer."""
    return f"{task.key}:{task.decision or 'expired'}"


def with_acted(human_tasks: HumanTasks, acted: Collection[str], now: datetime) -> HumanTasks:
    """Marks what the machine went on with. The time that ran out is written down as a decision of nobody."""

    def marked(task: HumanTask) -> HumanTask:
        if task.acted_on or not is_decided(task, now) or decision_name(task) not in acted:
            return task
        expired = {} if task.decision else {"decision": "expired", "decided_at": task.expires_at}
        return task.model_copy(update={"acted_on": True, **expired})

    return tuple(marked(task) for task in human_tasks)


def with_withdrawn(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """The incident is over: what is still open is nobody's to decide any more."""
    return tuple(
        task.model_copy(update={"decision": "withdrawn", "decided_at": now}) if task.is_open(now) else task
        for task in human_tasks
    )


def with_superseded(human_tasks: HumanTasks, called_for: Collection[str], now: datetime) -> HumanTasks:
    """Another cause is diagnosed: what its playbook (`called_for`) does not know is asked no more.

    An approval of it would say "doing it now", and the gate would refuse. A leaked key is to be revoked all the same.
    """

    def is_superseded(task: HumanTask) -> bool:
        return task.action not in called_for and (task.is_approval or task.name == STANDBY_KEY)

    return tuple(with_withdrawn((task,), now)[0] if is_superseded(task) else task for task in human_tasks)


# The watch comes by every 30 s while people are asked.
LATE = timedelta(minutes=5)


def overdue_tasks(human_tasks: HumanTasks, now: datetime) -> HumanTasks:
    """Whose time ran out long ago, and nobody has written that down."""
    return tuple(
        task for task in human_tasks if task.decision is None and task.expires_at and now - task.expires_at > LATE
    )

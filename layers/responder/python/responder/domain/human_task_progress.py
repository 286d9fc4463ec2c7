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


def decisions_to_act_on(asks: HumanTasks, acted: Collection[str], now: datetime) -> tuple[str, ...]:
    """Names for the decisions, and for times that ran out, that the machine has not gone on with yet."""
    found = (decision_name(ask) for ask in asks if _waits(ask) and is_decided(ask, now))
    return tuple(name for name in found if name not in acted)


def _waits(ask: HumanTask) -> bool:
    return not ask.acted_on and ask.action not in _NO_PLAYBOOK


def is_decided(ask: HumanTask, now: datetime) -> bool:
    return ask.decision in _ANSWERS if ask.decision else not ask.is_open(now)


def decision_name(ask: HumanTask) -> str:
    """By the asking, not by the plan: the same plan approved a second time is another answer."""
    return f"{ask.key}:{ask.decision or 'expired'}"


def with_acted(asks: HumanTasks, acted: Collection[str], now: datetime) -> HumanTasks:
    """Marks what the machine went on with. The time that ran out is written down as a decision of nobody."""

    def marked(ask: HumanTask) -> HumanTask:
        if ask.acted_on or not is_decided(ask, now) or decision_name(ask) not in acted:
            return ask
        expired = {} if ask.decision else {"decision": "expired", "decided_at": ask.expires_at}
        return ask.model_copy(update={"acted_on": True, **expired})

    return tuple(marked(ask) for ask in asks)


def with_withdrawn(asks: HumanTasks, now: datetime) -> HumanTasks:
    """The incident is over: what is still open is nobody's to decide any more."""
    return tuple(
        ask.model_copy(update={"decision": "withdrawn", "decided_at": now}) if ask.is_open(now) else ask for ask in asks
    )


def with_superseded(asks: HumanTasks, called_for: Collection[str], now: datetime) -> HumanTasks:
    """Another cause is diagnosed: what its playbook (`called_for`) does not know is asked no more.

    An approval of it would say "doing it now", and the gate would refuse. A leaked key is to be revoked all the same.
    """

    def is_superseded(ask: HumanTask) -> bool:
        return ask.action not in called_for and (ask.is_approval or ask.name == STANDBY_KEY)

    return tuple(with_withdrawn((ask,), now)[0] if is_superseded(ask) else ask for ask in asks)


# The watch comes by every 30 s while people are asked.
LATE = timedelta(minutes=5)


def overdue_tasks(asks: HumanTasks, now: datetime) -> HumanTasks:
    """Whose time ran out long ago, and nobody has written that down."""
    return tuple(ask for ask in asks if ask.decision is None and ask.expires_at and now - ask.expires_at > LATE)

"""What may change the world, one file per action: which causes call for it, and how it is undone.

To add an action for a known cause, write its file and add its entry here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from responder.config.base import Budget, Mode
from responder.domain.diagnosis import Cause

if TYPE_CHECKING:
    from responder.contracts.action import RunnableAction


@dataclass(frozen=True)
class Action:
    """`causes`: the only diagnoses for which the gate allows the action (docs/tasks/modes.md).

    `mode` and `budget` apply unless a deployment sets others (runbook.yaml).
    `module` holds the `ACTION` that the common runner runs. Without a module, the action has states of its own.
    `is_reverted`: the action changes settings for the time of the incident, and they are set back at its end (S-77).
    """

    causes: frozenset[Cause]
    undo: str
    mode: Mode
    budget: Budget
    module: str = ""
    is_reverted: bool = False

    @property
    def is_runnable(self) -> bool:
        return bool(self.module)


# Playbooks try the actions in this order.
ACTIONS: Mapping[str, Action] = {
    "rotate": Action(
        causes=frozenset({Cause.KEY_REJECTED}),
        undo="the old version becomes current again, if its key then works",
        mode=Mode.AUTO,
        budget=Budget(per_incident=1, per_day=3, cooldown_minutes=30),
    ),
    "contain": Action(
        causes=frozenset({Cause.KEY_LEAKED}),
        undo="none; a key that leaked is never put in force again",
        mode=Mode.APPROVE,
        budget=Budget(per_incident=2, per_day=4, cooldown_minutes=0),
    ),
    "restart": Action(
        causes=frozenset({Cause.KEY_REJECTED, Cause.KEY_STALE, Cause.KEY_LEAKED}),
        undo="none; a restart cannot be taken back, and is harmless when repeated",
        mode=Mode.AUTO,
        budget=Budget(per_incident=3, per_day=12, cooldown_minutes=0),
    ),
    "scale": Action(
        module="overrides.scale",
        causes=frozenset({Cause.SERVICE_OVERLOADED}),
        undo="the autoscaler's floor gets its value from before back at the end of the incident",
        is_reverted=True,
        mode=Mode.APPROVE,
        budget=Budget(per_incident=2, per_day=6, cooldown_minutes=0),
    ),
    "quota": Action(
        module="overrides.quota",
        causes=frozenset({Cause.RATE_LIMITED, Cause.SERVICE_OVERLOADED}),
        undo="the settings get their values from before back at the end of the incident",
        is_reverted=True,
        mode=Mode.AUTO,
        budget=Budget(per_incident=3, per_day=12, cooldown_minutes=0),
    ),
    "queue": Action(
        module="overrides.queue",
        causes=frozenset({Cause.RATE_LIMITED, Cause.PROVIDER_SLOW, Cause.SERVICE_OVERLOADED}),
        undo="the setting gets its value from before back at the end of the incident",
        is_reverted=True,
        mode=Mode.AUTO,
        budget=Budget(per_incident=3, per_day=12, cooldown_minutes=0),
    ),
    "model": Action(
        module="overrides.model",
        causes=frozenset({Cause.PROVIDER_SLOW}),
        undo="the service goes back to the model from before at the end of the incident",
        is_reverted=True,
        mode=Mode.APPROVE,
        budget=Budget(per_incident=2, per_day=6, cooldown_minutes=0),
    ),
    "rollback": Action(
        module="rollback.rollback",
        causes=frozenset({Cause.SERVICE_FAULT}),
        undo="the newer deployment is rolled out again, by a person",
        mode=Mode.APPROVE,
        budget=Budget(per_incident=1, per_day=2, cooldown_minutes=60),
    ),
}

# While one action waits for an approval, the other ones go on (S-58 to S-62, S-72 to S-77).
# An empty playbook: no action of ours helps, so the incident is only monitored. Without a playbook, people take over.
PLAYBOOKS: Mapping[Cause, tuple[str, ...]] = {
    **{cause: found for cause in Cause if (found := tuple(name for name in ACTIONS if cause in ACTIONS[name].causes))},
    Cause.PROVIDER_OUTAGE: (),
    Cause.NO_FAULT: (),
}


def playbook_branch(cause: Cause | None) -> str:
    """The branch of the machine that begins the playbook of this cause.

    `plan`: the common runner plans the actions. `rotate`, `contain`, `restart`: these have states of their own.
    `monitoring`: no action of ours helps. `hand_over`: there is no playbook.
    """
    playbook = PLAYBOOKS.get(cause) if cause else None
    if not playbook:
        return "hand_over" if playbook is None else "monitoring"
    return "plan" if ACTIONS[playbook[0]].is_runnable else playbook[0]


def runnable_action(action: str) -> "RunnableAction":
    """An action of the common runner. It is imported only now, so that a cold start loads one action, not all.

    Raises LookupError for an unknown action, and for one that has states of its own.
    """
    if action not in ACTIONS or not ACTIONS[action].is_runnable:
        raise LookupError(f"{action!r} is not an action of the common runner")
    found: RunnableAction = import_module(f"{__name__}.{ACTIONS[action].module}").ACTION
    return found

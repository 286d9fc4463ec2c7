"""The contract of an action: its plan, in words and exact changes, and its steps."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from responder.context import IncidentContext
from responder.domain.model import Model

# What a state of the machine gets back. The machine branches on one of its fields.
StateOutput = dict[str, Any]


class Plan(Model):
    """What people read and approve. `changes`: each setting's {"before", "after"}. These never hold a secret.

    `effect`: a sentence for the confirmation dialog. `undo`: a sentence without its full stop.
    """

    action: str
    sentence: str
    effect: str
    undo: str
    changes: dict[str, Any]

    @property
    def hash(self) -> str:
        """An approval covers exactly this hash. Other changes by the same action make another plan."""
        exact = json.dumps({"action": self.action, "changes": self.changes}, sort_keys=True)
        return hashlib.sha256(exact.encode()).hexdigest()[:16]

    @property
    def with_undo(self) -> str:
        """What is done, and how it is undone."""
        return f"{self.sentence} Undo: {self.undo}."

    @property
    def only_change(self) -> dict[str, Any]:
        """The change of a plan that changes one setting."""
        (change,) = self.changes.values()
        return dict(change)


@dataclass(frozen=True)
class NothingToDo:
    """There is no plan. `outcome`: not_needed, not_configured, needs_people or failed. `text`: why, for people."""

    outcome: str
    text: str


@dataclass(frozen=True)
class ActionResult:
    """The outcome of a step, and a text for people. `data` is stored, for verify and undo."""

    outcome: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


class RunnableAction(Protocol):
    """An action for the common runner. Each step can be repeated, and reads before it writes.

    If AWS or a vendor answers with an error, that is an outcome with a text, not an exception.
    """

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        """Makes a plan from the present state. It writes nothing."""

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Makes the plan's changes. → applied | failed."""

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Looks for the effect; a call's answer alone proves nothing. → verified | under_way | not_verified."""

    def undo(self, ctx: IncidentContext) -> ActionResult:
        """→ undone | kept | failed. `kept`: somebody changed it since, or it cannot be undone. The text says which."""

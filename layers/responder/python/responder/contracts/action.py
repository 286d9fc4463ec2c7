"""An action: its plan in words and exact changes, and its steps."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from responder.context import IncidentContext
from responder.domain.incident import ActionRecord
from responder.domain.model import Model

# What a state of the machine gets back. The machine branches on one of its fields.
StateOutput = dict[str, Any]


class Plan(Model):
    """What people read and approve. `changes` is setting → {"before", "after"}: ids and values, never a secret.

    `effect` is a sentence for the confirmation dialog; `undo` is one without its full stop.
    """

    action: str
    sentence: str
    effect: str
    undo: str
    changes: dict[str, Any]

    @property
    def hash(self) -> str:
        """An approval covers only this hash: other changes, even of the same action, are another plan."""
        exact = json.dumps({"action": self.action, "changes": self.changes}, sort_keys=True)
        return hashlib.sha256(exact.encode()).hexdigest()[:16]

    @property
    def with_undo(self) -> str:
        """What is done, and how it is undone."""
        return f"{self.sentence} Undo: {self.undo}."

    @property
    def only_change(self) -> dict[str, Any]:
        """Of a plan that changes one thing."""
        (change,) = self.changes.values()
        return dict(change)


@dataclass(frozen=True)
class NothingToDo:
    """Why there is no plan: `outcome` is `not_needed`, `not_configured` or `failed`; `text` is for people."""

    outcome: str
    text: str


@dataclass(frozen=True)
class ActionResult:
    """`data` is what verify and undo need."""

    outcome: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)


class RunnableAction(Protocol):
    """One action for the common runner. Every step can be repeated, and reads before it writes.

    An error answer of AWS or a vendor is an outcome with a text, not an exception.
    """

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        """Reads the current state; writes nothing."""

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """→ applied | failed."""

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """→ verified | under_way | not_verified: by the observed effect, not by the call's answer."""

    def undo(self, ctx: IncidentContext, done: ActionRecord) -> ActionResult:
        """→ undone | kept | failed. `kept`: somebody changed it since, or it cannot be undone; the text says which."""

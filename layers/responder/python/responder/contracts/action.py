"""What an action means to do, in words and in exact changes, and how it does it."""

import hashlib
import json
from typing import Any, Protocol

from pydantic import Field

from responder.context import IncidentContext
from responder.domain.incident import ActionRecord
from responder.domain.model import Model


class Plan(Model):
    """What people read and approve. `changes` is place → {"before", "after"}; it names ids and values, never a secret.

    `effect` and `undo` are sentences for the confirm dialog.
    """

    action: str
    sentence: str
    effect: str
    undo: str
    changes: dict[str, Any]

    @property
    def hash(self) -> str:
        """What an approval is bound to: other changes, even of the same action, are another plan."""
        exact = json.dumps({"action": self.action, "changes": self.changes}, sort_keys=True)
        return hashlib.sha256(exact.encode()).hexdigest()[:16]


class NothingToDo(Model):
    """No plan, and why: `outcome` is `not_needed`, `not_configured` or `failed`; `text` is for people."""

    outcome: str
    text: str


class ActionResult(Model):
    """What came of one step; `data` is what verifying and undoing need."""

    outcome: str
    text: str
    data: dict[str, Any] = Field(default_factory=dict)


class RunnableAction(Protocol):
    """One action as the common runner does it. Every step may be repeated, and reads before it writes.

    None of the steps raises for what the world may answer; what AWS or a vendor refuses is an outcome with a text.
    """

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        """Reads the world as it is now. Without any write."""

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """→ applied | failed."""

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """→ verified | under_way | not_verified: the effect as the world shows it, not as the call answered."""

    def undo(self, ctx: IncidentContext, done: ActionRecord) -> ActionResult:
        """→ undone | kept | failed. `kept`: somebody changed it since, or it cannot be undone; the text says so."""

"""The steps that are left to people, and what was done before. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from responder.domain.incident import ActionRecord

Does = Literal[
    "decide", "wait", "look", "make_key", "put_in_force", "restart", "check", "revoke", "stage_spare", "switch", "write"
]


@dataclass(frozen=True)
class Step:
    """`does`: what kind of step it is; the order of kinds decides whether the steps are safe."""

    does: Does
    text: str
    command: str = ""


@dataclass(frozen=True)
class Guidance:
    steps: tuple[Step, ...] = ()
    drafts: tuple[str, ...] = ()

    @property
    def need(self) -> tuple[str, ...]:
        """The steps' texts, numbered if there are several."""
        if len(self.steps) == 1:
            return (self.steps[0].text,)
        return tuple(f"{place}. {step.text}" for place, step in enumerate(self.steps, start=1))

    @property
    def commands(self) -> tuple[str, ...]:
        """Each begins with the number of its step."""
        numbered = enumerate(self.steps, start=1)
        found = [(place, step) for place, step in numbered if step.command]
        if len(self.steps) == 1:
            return (*(step.command for _, step in found), *self.drafts)
        return (*(f"# step {place}\n{step.command}" for place, step in found), *self.drafts)


@dataclass(frozen=True)
class Done:
    """The last record of each action."""

    last: dict[str, ActionRecord]

    @classmethod
    def of(cls, actions: Sequence[ActionRecord]) -> "Done":
        return cls({action.name: action for action in sorted(actions, key=lambda one: one.at)})

    def outcome(self, action: str) -> str | None:
        return self.last[action].outcome if action in self.last else None

    def planned(self, action: str) -> dict[str, Any]:
        """The values that its plan would have set, by setting; empty without a plan."""
        plan = self.last[action].data.get("plan") if action in self.last else None
        changes = plan.get("changes", {}) if isinstance(plan, dict) else {}
        return {
            key: change["after"] for key, change in changes.items() if isinstance(change, dict) and "after" in change
        }

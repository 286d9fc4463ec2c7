"""The steps that are left to people. Pure."""

from dataclasses import dataclass
from typing import Literal

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

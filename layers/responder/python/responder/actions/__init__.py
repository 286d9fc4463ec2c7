"""What may change the world, one file per action: which causes call for it, and how it is undone.

Adding an action: its file, its line here, its mode in runbook.yaml (a test notices what is forgotten).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from responder.words import Cause


@dataclass(frozen=True)
class Action:
    """`causes`: the only diagnoses on which the gate lets it pass (design, "Cause … Answer")."""

    causes: frozenset[Cause]
    undo: str


ACTIONS: Mapping[str, Action] = {
    "rotate": Action(
        causes=frozenset({Cause.KEY_REJECTED}),
        undo="the old version becomes current again, if its key then works",
    ),
    "restart": Action(
        causes=frozenset({Cause.KEY_REJECTED, Cause.KEY_STALE}),
        undo="none; a restart cannot be taken back, and is harmless when repeated",
    ),
}

"""What a pager's API is asked for, and what it can say back."""

from dataclasses import dataclass
from typing import Literal, Protocol

from responder.clients.responses import Refused
from responder.context import Desk

TIME_LIMIT = 3.0


@dataclass(frozen=True)
class State:
    """An incident as the pager has it now. `falls_back`: the pager itself ends an acknowledgement after a time."""

    status: Literal["triggered", "acknowledged", "resolved"]
    falls_back: bool


class Pager(Protocol):
    title: str

    def unreadable(self, desk: Desk) -> str | None:
        """Why its state cannot be asked for; None where it can."""

    def missing(self, desk: Desk) -> str | None:
        """Why nothing can be written to it; None where it can."""

    def state(self, desk: Desk) -> State | Refused: ...

    def acknowledge(self, desk: Desk) -> Literal["done", "not_needed"] | Refused: ...

    def resolve(self, desk: Desk) -> Literal["done", "not_needed"] | Refused: ...

    def escalate(self, desk: Desk, level: int) -> Refused | None:
        """Tells the pager to call `level` (1 is its first), which it may know only as "the next one"."""

    def has_note(self, desk: Desk, reference: str) -> bool | Refused: ...

    def add_note(self, desk: Desk, text: str) -> Refused | None: ...

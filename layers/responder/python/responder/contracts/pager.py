"""What a pager's API is asked for, and what it can say back."""

from dataclasses import dataclass
from typing import Literal, Protocol

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext

TIME_LIMIT = 3.0


@dataclass(frozen=True)
class State:
    """An incident as the pager has it now. `falls_back`: the pager itself ends an acknowledgement after a time."""

    status: Literal["triggered", "acknowledged", "resolved"]
    falls_back: bool


class Pager(Protocol):
    """One incident at the pager that its alert came from. No method raises for what the pager may answer."""

    title: str

    def unreadable(self, ctx: IncidentContext) -> str | None:
        """Why its state cannot be asked for; None where it can."""

    def missing(self, ctx: IncidentContext) -> str | None:
        """Why nothing can be written to it; None where it can."""

    def cannot_acknowledge(self, ctx: IncidentContext) -> str | None:
        """Why an acknowledgement of ours would be taken for a person's; None where it would not."""

    def has_subscribers(self, ctx: IncidentContext) -> bool:
        """Whether people can subscribe to the incident there, and this deployment writes to them."""

    def notify_subscribers(self, ctx: IncidentContext, text: str) -> RequestRefused | None:
        """May be done once only: what was sent cannot be found again."""

    def state(self, ctx: IncidentContext) -> State | RequestRefused: ...

    def acknowledge(self, ctx: IncidentContext) -> Literal["done", "not_needed"] | RequestRefused: ...

    def resolve(self, ctx: IncidentContext) -> Literal["done", "not_needed"] | RequestRefused: ...

    def escalate(self, ctx: IncidentContext, level: int) -> RequestRefused | None:
        """Tells the pager to call `level` (1 is its first), which it may know only as "the next one"."""

    def has_note(self, ctx: IncidentContext, reference: str) -> bool | RequestRefused: ...

    def add_note(self, ctx: IncidentContext, text: str) -> RequestRefused | None: ...

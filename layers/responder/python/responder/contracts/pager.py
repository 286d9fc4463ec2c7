"""The contract of a pager: the calls that the workflow makes to it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext

TIME_LIMIT = 3.0


@dataclass(frozen=True)
class State:
    """An incident's state in the pager. `falls_back`: an acknowledgement ends by itself after a time."""

    status: Literal["triggered", "acknowledged", "resolved"]
    falls_back: bool


Answer = Literal["acknowledged", "resolved"]
Written = Literal["done", "not_needed"] | RequestRefused


class Pager(Protocol):
    """The calls about one incident to the pager that sent its alert. No answer of the pager is raised."""

    title: str
    # Whether its webhook names the person if we acknowledged or resolved on somebody's behalf.
    names_people: bool

    def unreadable(self, ctx: IncidentContext) -> str | None:
        """Why the incident's state cannot be read; None if it can."""

    def missing(self, ctx: IncidentContext) -> str | None:
        """Why we cannot write to the pager; None if we can."""
        return self.unreadable(ctx)

    def cannot_acknowledge(self, ctx: IncidentContext) -> str | None:  # noqa: ARG002
        """Why our acknowledgement would look like a person's; None if it would not."""
        return None

    def has_subscribers(self, ctx: IncidentContext) -> bool:  # noqa: ARG002
        """Whether the incident has subscribers in the pager, and this deployment writes to them."""
        return False

    def notify_subscribers(self, ctx: IncidentContext, text: str) -> RequestRefused | None:  # noqa: ARG002
        """Writes to the subscribers. Call it only once, because a sent message cannot be found again."""
        return RequestRefused(f"{self.title} has no subscribers", again=False)

    def state(self, ctx: IncidentContext) -> State | RequestRefused: ...

    def set_status(self, ctx: IncidentContext, status: Answer, by: str | None = None) -> Written:
        """`by`: the e-mail address of the person who acknowledges or resolves; None for our own user."""

    def escalate(self, ctx: IncidentContext, level: int) -> RequestRefused | None:
        """Makes the pager call `level` (1 is its first). Some pagers can only call their next level."""

    def has_note(self, ctx: IncidentContext, reference: str) -> bool | RequestRefused: ...

    def add_note(self, ctx: IncidentContext, text: str) -> RequestRefused | None: ...

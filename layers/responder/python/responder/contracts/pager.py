"""A pager's API, as the workflow uses it."""

from dataclasses import dataclass
from typing import Literal, Protocol

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext

TIME_LIMIT = 3.0


@dataclass(frozen=True)
class State:
    """An incident's current state at the pager. `falls_back`: the pager ends an acknowledgement after a time."""

    status: Literal["triggered", "acknowledged", "resolved"]
    falls_back: bool


Written = Literal["done", "not_needed"] | RequestRefused


class Pager(Protocol):
    """One incident at the pager that sent its alert. No method raises for the pager's answer."""

    title: str
    # Whether its own webhook tells who somebody was for whom we wrote.
    names_people: bool

    def unreadable(self, ctx: IncidentContext) -> str | None:
        """Why its state cannot be read; None if it can."""

    def missing(self, ctx: IncidentContext) -> str | None:
        """Why it cannot be written to; None if it can."""

    def cannot_acknowledge(self, ctx: IncidentContext) -> str | None:
        """Why our acknowledgement would look like a person's; None if it would not."""

    def has_subscribers(self, ctx: IncidentContext) -> bool:
        """Whether the pager has subscribers of the incident and this deployment writes to them."""

    def notify_subscribers(self, ctx: IncidentContext, text: str) -> RequestRefused | None:
        """Call only once: a sent message cannot be found again."""

    def state(self, ctx: IncidentContext) -> State | RequestRefused: ...

    def acknowledge(self, ctx: IncidentContext, by: str | None = None) -> Written:
        """`by`: the e-mail address of the person who does it; None for our own user."""

    def resolve(self, ctx: IncidentContext, by: str | None = None) -> Written:
        """`by`: as for `acknowledge`."""

    def escalate(self, ctx: IncidentContext, level: int) -> RequestRefused | None:
        """Makes the pager call `level` (1 is its first); some pagers only know "the next one"."""

    def has_note(self, ctx: IncidentContext, reference: str) -> bool | RequestRefused: ...

    def add_note(self, ctx: IncidentContext, text: str) -> RequestRefused | None: ...

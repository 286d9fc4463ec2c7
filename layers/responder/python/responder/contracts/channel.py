"""What a channel is: one way to people, and what it says of itself."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.domain.update import Audience, Kind, Update


@dataclass(frozen=True)
class Sent:
    """Where it went: ids by which the vendor knows it."""

    detail: str
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotSent:
    """Nothing to do on this channel now, and why; `once` keeps the timeline from repeating it for every update."""

    why: str
    once: str | None = None


@dataclass(frozen=True)
class Failed:
    """`again` where a second try may help, after `pause` seconds."""

    why: str
    again: bool = True
    pause: float = 0.5


Outcome = Sent | NotSent | Failed


def failed(refused: RequestRefused) -> Failed:
    return Failed(refused.why, again=refused.again, pause=refused.pause)


class Channel(ABC):
    """One way to people. It promises never to raise for what a vendor may answer, and to say nothing twice that it
    can find again. Nobody else names it: what sets it apart from the others stands here, as a trait."""

    name: ClassVar[str]
    # For people: the timeline and messages about what did not work.
    title: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]]
    audience: ClassVar[Audience] = Audience.RESPONDERS

    @abstractmethod
    def missing(self, ctx: IncidentContext) -> str | None:
        """What is not configured; None where the channel can be used."""

    @abstractmethod
    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> Outcome:
        """`repeated`: an earlier try may have done the work; look for it first, where the vendor can be asked."""

    def request_approval(self, ctx: IncidentContext) -> None:  # noqa: B027 - most channels need none
        """Asks people, after the announcement, for the approval without which nothing may be said here."""

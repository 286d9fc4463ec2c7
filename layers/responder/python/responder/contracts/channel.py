"""A channel: one way to notify people, and its traits."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.domain.update import Audience, Kind, Update


@dataclass(frozen=True)
class Sent:
    """Where it was sent, by the vendor's ids."""

    detail: str
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotSent:
    """Why nothing is sent on this channel now; `once` records that only once in the timeline."""

    why: str
    once: str | None = None


@dataclass(frozen=True)
class Failed:
    """`again`: a retry may help, after `pause` seconds."""

    why: str
    again: bool = True
    pause: float = 0.5


@dataclass(frozen=True)
class Later:
    """Why nothing is sent yet; the newest update of its kind is sent at `at`, unless a newer one goes out before."""

    why: str
    at: datetime


SendResult = Sent | NotSent | Failed | Later


def failed(refused: RequestRefused) -> Failed:
    return Failed(refused.why, again=refused.again, pause=refused.pause)


class Channel(ABC):
    """One way to notify people. It never raises for a vendor's answer, and sends nothing twice that it can find again.

    Shared code names no channel: differences are traits of this class.
    """

    name: ClassVar[str]
    # For people, in the timeline and in messages about failures.
    title: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]]
    audience: ClassVar[Audience] = Audience.RESPONDERS

    @abstractmethod
    def missing(self, ctx: IncidentContext) -> str | None:
        """The missing configuration; None if the channel can be used."""

    @abstractmethod
    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        """`repeated`: an earlier attempt may have sent it; look for it first, if the vendor can be asked."""

    def request_approval(self, ctx: IncidentContext) -> None:  # noqa: B027 - most channels need none
        """Requests, after the announcement, the approval that this channel needs before it sends anything."""

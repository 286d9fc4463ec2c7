"""The contract of a channel: one way to notify people, and the properties in which channels differ."""

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
    """It was sent. `detail`: where, for the timeline. `references`: the vendor's ids of the message."""

    detail: str
    references: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NotSent:
    """`why` nothing is sent on this channel. `once`: a key; with it, the timeline says so only once."""

    why: str
    once: str | None = None


@dataclass(frozen=True)
class Failed:
    """`why` it could not be sent. `again`: a retry may help, after `pause` seconds."""

    why: str
    again: bool = True
    pause: float = 0.5


@dataclass(frozen=True)
class Later:
    """`why` nothing is sent yet. The update is sent at `at`, unless a newer one is sent before."""

    why: str
    at: datetime


SendResult = Sent | NotSent | Failed | Later


def failed(refused: RequestRefused) -> Failed:
    return Failed(refused.why, again=refused.again, pause=refused.pause)


class Channel(ABC):
    """One way to notify people. No answer of a vendor makes it raise. If it can find a sent message, it sends it once.

    Shared code names no channel. Channels differ by the attributes of this class.
    """

    name: ClassVar[str]
    # The channel's name for people, in the timeline and in messages about failures.
    title: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]]
    audience: ClassVar[Audience] = Audience.RESPONDERS

    def missing(self, ctx: IncidentContext) -> str | None:  # noqa: ARG002 - every deployment has our topics
        """What must be configured before the channel can be used; None if nothing."""
        return None

    @abstractmethod
    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        """`repeated`: an earlier attempt may have sent the update. Look for it first, if the vendor can be asked."""

    def request_approval(self, ctx: IncidentContext) -> None:  # noqa: B027 - most channels need none
        """Asks people for the approval that this channel needs before it sends. It is called after the announcement."""

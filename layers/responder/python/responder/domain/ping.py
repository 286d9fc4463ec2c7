"""A ping: a sender's test delivery. If it arrives, the secret is right and alerts can arrive."""

from pydantic import AwareDatetime

from responder.domain.alert import Source
from responder.domain.model import Model

# The message group of pings in the queue. No incident can have this id.
PING_GROUP = "ping"


class Ping(Model):
    source: Source
    at: AwareDatetime
    subscription: str = ""  # the sender's name for it, if it sends one


def ping_record(source: str, subscription: str = "") -> str:
    """The record's name. Each subscription has its own, so that the ping of one does not hide that another fails."""
    return f"ping:{source}:{subscription}"

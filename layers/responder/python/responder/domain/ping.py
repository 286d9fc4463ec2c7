"""A sender's test delivery: that it came through proves the secret and the way of an alert."""

from pydantic import AwareDatetime

from responder.domain.alert import Source
from responder.domain.model import Model

# Its group in the ingest queue, which no incident's id can be.
PING_GROUP = "ping"


class Ping(Model):
    source: Source
    at: AwareDatetime
    subscription: str = ""  # as the sender names it; empty where it names none


def ping_record(source: str, subscription: str = "") -> str:
    """Of each subscription its own: one that fails must not pass by another's ping, or by a late one."""
    return f"ping:{source}:{subscription}"

"""A sender's test delivery: that it came through proves the secret and the way of an alert."""

from pydantic import AwareDatetime

from responder.domain.alert import Source
from responder.domain.model import Model

# Its group in the ingest queue, which no incident's id can be.
PING_GROUP = "ping"


class Ping(Model):
    source: Source
    at: AwareDatetime


def ping_record(source: str) -> str:
    return f"ping:{source}"

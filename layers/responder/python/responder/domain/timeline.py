"""One entry of an incident's timeline."""

from typing import Any

from pydantic import AwareDatetime, Field

from responder.domain.model import Model


class TimelineEntry(Model):
    """Something that was seen or done. It is never changed: to write the same `key` again has no effect."""

    at: AwareDatetime
    kind: str
    actor: str = "workflow"
    text: str
    key: str
    data: dict[str, Any] = Field(default_factory=dict)

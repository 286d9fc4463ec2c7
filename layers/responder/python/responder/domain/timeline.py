"""One entry of an incident's timeline."""

from typing import Any

from pydantic import AwareDatetime, Field

from responder.domain.model import Model


class TimelineEntry(Model):
    """One thing that was seen or done. Append-only; `key` makes a repeated write the same entry."""

    at: AwareDatetime
    kind: str
    actor: str = "workflow"
    text: str
    key: str
    data: dict[str, Any] = Field(default_factory=dict)

"""One entry of an incident's timeline."""

from typing import Any

from pydantic import AwareDatetime, Field

from responder.domain.model import Model


class TimelineEntry(Model):
    """Something seen or done. Append-only; writing the same `key` again changes nothing."""

    at: AwareDatetime
    kind: str
    actor: str = "workflow"
    text: str
    key: str
    data: dict[str, Any] = Field(default_factory=dict)

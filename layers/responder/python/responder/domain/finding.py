"""What one probe saw."""

import re
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from responder.domain.model import Model

# A probe's name before what it saw, as a reason of the diagnosis has it.
_NAMED = re.compile(r"(?<![\w./-])(?:(?:twinmind|service|upstream|infrastructure)_[a-z_]+|network): (\w)")


def spoken(name: str) -> str:
    """A probe or a cause for people: `service_health` as "service health"."""
    return re.sub(r"\btwinmind(?= |$)", "TwinMind", name.replace("_", " "))


def without_probe_names(text: str) -> str:
    """They are for programs; the sentence that follows says what was looked at."""
    return _NAMED.sub(lambda found: found[1].upper(), text)


class FindingStatus(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Finding(Model):
    """`measurements` are numbers, flags and short words, never bodies or credentials.

    `baseline`: counts that the next probe run compares with; they mean nothing alone and are shown to nobody.
    """

    probe: str
    status: FindingStatus
    summary: str
    measurements: dict[str, Any] = Field(default_factory=dict)
    baseline: dict[str, float] = Field(default_factory=dict)
    duration_ms: int = 0
    seen_from: str = "function"
    at: AwareDatetime

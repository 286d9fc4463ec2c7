"""A finding: what one probe saw."""

import re
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from responder.domain.model import Model

# A probe's name and a colon, which stand before its summary in the reasons of a diagnosis.
_NAMED = re.compile(r"(?<![\w./-])(?:(?:twinmind|service|upstream|infrastructure)_[a-z_]+|network): (\w)")


def spoken(name: str) -> str:
    """A probe or a cause for people: `service_health` as "service health"."""
    return re.sub(r"\btwinmind(?= |$)", "TwinMind", name.replace("_", " "))


def without_probe_names(text: str) -> str:
    """The text without the names of probes: the sentence after a name says what was checked."""
    return _NAMED.sub(lambda found: found[1].upper(), text)


class FindingStatus(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Finding(Model):
    """`measurements`: numbers, flags and short words, never bodies or credentials.

    `baseline`: counts that the next probe run compares with. They mean nothing alone, and nobody sees them.
    """

    probe: str
    status: FindingStatus
    summary: str
    measurements: dict[str, Any] = Field(default_factory=dict)
    baseline: dict[str, float] = Field(default_factory=dict)
    duration_ms: int = 0
    seen_from: str = "function"
    at: AwareDatetime

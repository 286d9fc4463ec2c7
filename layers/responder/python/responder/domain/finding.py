"""What one probe saw."""

from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, Field

from responder.domain.model import Model


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

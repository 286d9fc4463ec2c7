"""The vocabulary: every value that travels between functions, the table and people. Pure, no I/O."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Source(StrEnum):
    PAGERDUTY = "pagerduty"
    OPSGENIE = "opsgenie"
    JSM = "jsm"
    MANUAL = "manual"


class AlertEvent(StrEnum):
    """What happened to the upstream incident, whichever vendor said it."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MERGED = "merged"
    PRIORITY_CHANGED = "priority_changed"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    ANNOTATED = "annotated"
    UPDATED = "updated"

    @property
    def opens(self) -> bool:
        """Whether the event alone shows that there is an incident to work on; a note or an update does not."""
        return self not in (AlertEvent.ANNOTATED, AlertEvent.UPDATED)


class UpstreamStatus(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """P1 is the worst; `rank` grows with how bad it is, so that `max(…, key=rank)` reads naturally."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def rank(self) -> int:
        return 5 - int(self.value[1])

    @classmethod
    def worst(cls, *severities: "Severity | None") -> "Severity | None":
        known = [severity for severity in severities if severity is not None]
        return max(known, key=lambda severity: severity.rank) if known else None


class Scenario(StrEnum):
    """The symptom, as the runbook's four scenarios name it."""

    ALL_TRANSCRIPTIONS_FAILING = "all_transcriptions_failing"
    HIGH_LATENCY = "high_latency"
    RATE_LIMITING = "rate_limiting"
    AUTHENTICATION_FAILURE = "authentication_failure"
    OTHER = "other"


class Verdict(StrEnum):
    """Whose fault it is."""

    THEIRS = "theirs"
    KEY = "key"
    QUOTA = "quota"
    NETWORK = "network"
    OURS = "ours"
    NONE = "none"
    UNKNOWN = "unknown"


class Cause(StrEnum):
    PROVIDER_OUTAGE = "provider_outage"
    PROVIDER_SLOW = "provider_slow"
    KEY_REJECTED = "key_rejected"
    KEY_STALE = "key_stale"
    KEY_LEAKED = "key_leaked"
    RATE_LIMITED = "rate_limited"
    NETWORK_FAILURE = "network_failure"
    SERVICE_OVERLOADED = "service_overloaded"
    SERVICE_FAULT = "service_fault"
    NO_FAULT = "no_fault"
    UNKNOWN = "unknown"

    @property
    def verdict(self) -> Verdict:
        return _VERDICTS[self]


_VERDICTS = {
    Cause.PROVIDER_OUTAGE: Verdict.THEIRS,
    Cause.PROVIDER_SLOW: Verdict.THEIRS,
    Cause.KEY_REJECTED: Verdict.KEY,
    Cause.KEY_STALE: Verdict.KEY,
    Cause.KEY_LEAKED: Verdict.KEY,
    Cause.RATE_LIMITED: Verdict.QUOTA,
    Cause.NETWORK_FAILURE: Verdict.NETWORK,
    Cause.SERVICE_OVERLOADED: Verdict.OURS,
    Cause.SERVICE_FAULT: Verdict.OURS,
    Cause.NO_FAULT: Verdict.NONE,
    Cause.UNKNOWN: Verdict.UNKNOWN,
}


class IncidentStatus(StrEnum):
    OPEN = "open"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    HANDED_OVER = "handed_over"

    @property
    def is_open(self) -> bool:
        return self is not IncidentStatus.RESOLVED


class FindingStatus(StrEnum):
    OK = "ok"
    DEGRADED = "degraded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Mode(StrEnum):
    """How far an action may go without a person."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"


class Word(BaseModel):
    """Base of all values: immutable, and strict about names so that a typing slip is an error."""

    # What is wrong is said without the value: errors reach logs and the execution's history.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def dump(self) -> dict[str, Any]:
        """JSON-safe form without absent fields, as it is stored and passed between states."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def load(cls, stored: Any) -> Self:
        return cls.model_validate(stored)


class Person(Word):
    """Who did something upstream. `is_human` is false for integrations, automations and our own bot user."""

    id: str | None = None
    name: str | None = None
    is_human: bool = False


class Alert(Word):
    """One webhook delivery, normalised: the same shape whoever sent it.

    `fingerprint` identifies the *event*: retries, and copies through a second subscription, share it.
    `odd` names the fields that did not look as documented; the delivery is accepted all the same.
    """

    source: Source
    event: AlertEvent
    event_type: str
    incident_id: str
    upstream_id: str
    fingerprint: str
    occurred_at: AwareDatetime
    title: str | None = None
    url: str | None = None
    status: UpstreamStatus | None = None
    priority: Severity | None = None
    urgency: str | None = None
    actor: Person = Person()
    note: str | None = None
    merged_into: str | None = None
    service_id: str | None = None
    service_name: str | None = None
    integration_id: str | None = None
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


class Finding(Word):
    """What one probe saw. `measurements` are numbers, flags and short words, never bodies or credentials."""

    probe: str
    status: FindingStatus
    summary: str
    measurements: dict[str, Any] = Field(default_factory=dict)
    duration_ms: int = 0
    seen_from: str = "function"
    at: AwareDatetime


class Diagnosis(Word):
    """`reasons` speak for the cause, `against` says of each rejected one what was not seen.

    `affected`: functions of ours that fail (transcriptions, summaries). `impact`: one sentence with the numbers.
    """

    scenario: Scenario
    cause: Cause
    severity: Severity
    confidence: float = Field(ge=0, le=1)
    reasons: tuple[str, ...]
    against: tuple[str, ...] = ()
    affected: tuple[str, ...] = ()
    user_impact: bool = False
    impact: str | None = None

    @property
    def verdict(self) -> Verdict:
        return self.cause.verdict


class TimelineEntry(Word):
    """One thing that was seen or done. Append-only; `key` makes a repeated write the same entry."""

    at: AwareDatetime
    kind: str
    actor: str = "workflow"
    text: str
    key: str
    data: dict[str, Any] = Field(default_factory=dict)


def iso(moment: datetime) -> str:
    """ISO 8601, UTC, milliseconds, `Z`: sorts as text in the order of time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"

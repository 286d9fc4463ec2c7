"""A diagnosis: the scenario (symptom), the cause, the verdict (whose fault it is) and the severity."""

from enum import StrEnum

from pydantic import Field

from responder.domain.model import Model


class Severity(StrEnum):
    """P1 is the worst. `rank` is higher for a worse severity."""

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
    """The symptom, named as the runbook's four scenarios."""

    ALL_TRANSCRIPTIONS_FAILING = "all_transcriptions_failing"
    HIGH_LATENCY = "high_latency"
    RATE_LIMITING = "rate_limiting"
    AUTHENTICATION_FAILURE = "authentication_failure"
    OTHER = "other"


class Verdict(StrEnum):
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


class Diagnosis(Model):
    """`reasons`: sentences for the cause. `against`: a sentence for each other cause, with what was not seen.

    `affected`: which of our functions fail (transcriptions, summaries). `impact`: a sentence with the figures.
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

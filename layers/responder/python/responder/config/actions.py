"""The sections of runbook.yaml that say how far the workflow may go by itself."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from responder.config.base import Minutes, Seconds, Section
from responder.domain.mode import Mode
from responder.domain.severity import Severity

AckPolicy = Literal["never", "low_severity", "always"]
ResolvePolicy = Literal["never", "unacknowledged_only", "always"]


class Modes(Section):
    """A missing mode is an error: nobody finds out in the night what an action does by default."""

    rotate: Mode
    restart: Mode
    queue: Mode
    quota: Mode
    model: Mode
    scale: Mode
    rollback: Mode
    contain: Mode
    public_notice: Mode

    @classmethod
    def all_observe(cls) -> "Modes":
        return cls(**dict.fromkeys(cls.model_fields, Mode.OBSERVE))


class Budget(Section):
    """One record is kept for each unit, so there cannot be many."""

    per_incident: int = Field(gt=0, le=100)
    per_day: int = Field(gt=0, le=100)
    cooldown_minutes: int = Field(ge=0, le=525_600)


class Budgets(Section):
    rotate: Budget
    restart: Budget
    queue: Budget
    quota: Budget
    model: Budget
    scale: Budget
    rollback: Budget
    contain: Budget


class Confidence(Section):
    act_from: float = Field(ge=0, le=1)


class Approvers(Section):
    slack: tuple[Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,20}$")], ...]


class Approvals(Section):
    expires_minutes: dict[Severity, Minutes]
    approvers: Approvers


class ServiceFlagPolicy(Section):
    client_limit_share: float = Field(gt=0, le=1)
    tier: Literal["free", "pro", "enterprise"] | None
    tier_limits: dict[str, PositiveInt]
    degraded_model: str = Field(min_length=1, max_length=64)
    reader_seconds: Seconds


class Policies(Section):
    acknowledge: AckPolicy
    resolve: ResolvePolicy

"""The sections of runbook.yaml about actions: modes, budgets, approvals and policies."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, PositiveInt, create_model, model_validator

from responder.config.base import Budget, ConfigSection, Email, Minutes, Mode, Seconds, looks_like
from responder.config.integrations import modes_of_vendors
from responder.domain.diagnosis import Severity

AckPolicy = Literal["never", "low_severity", "always"]
ResolvePolicy = Literal["never", "unacknowledged_only", "always"]


class Modes(ConfigSection):
    """One field for each action, and for each step of an integration that has a mode. Each has a declared default."""

    @classmethod
    def all_observe(cls) -> "Modes":
        return cls(**dict.fromkeys(cls.model_fields, Mode.OBSERVE))

    @model_validator(mode="before")
    @classmethod
    def _one_for_all(cls, given: Any) -> Any:
        """One word, such as `modes: observe`, means every mode, also those that later versions add."""
        if isinstance(given, Mapping | Modes):
            return given
        if given not in list(Mode):
            raise ValueError(f"one word for all must be {' or '.join(Mode)}")
        return dict.fromkeys(cls.model_fields, given)


class Budgets(ConfigSection):
    """One field for each action, with its declared budget as default."""


if not TYPE_CHECKING:
    # Imported by its name, because the actions, which declare these values, are in a higher layer.
    _ACTIONS = import_module("responder.actions").ACTIONS
    _modes = {name: action.mode for name, action in _ACTIONS.items()} | modes_of_vendors()
    Modes = create_model("Modes", __base__=Modes, **{name: (Mode, mode) for name, mode in _modes.items()})
    _budgets = {name: (Budget, action.budget) for name, action in _ACTIONS.items()}
    Budgets = create_model("Budgets", __base__=Budgets, **_budgets)


class Confidence(ConfigSection):
    act_from: float = Field(ge=0, le=1)


SlackUser = Annotated[str, looks_like(r"[UW][A-Z0-9]{2,20}", "a Slack user's id, such as U0123456789")]


class Approvers(ConfigSection):
    slack: tuple[SlackUser, ...]


class Approvals(ConfigSection):
    """`pager_users`: for a Slack user, the e-mail address of the same person in the pager."""

    expires_minutes: dict[Severity, Minutes]
    approvers: Approvers
    pager_users: dict[SlackUser, Email]

    @property
    def may_answer_alert(self) -> tuple[str, ...]:
        """The Slack users who may press Acknowledge and Resolve in Slack."""
        return tuple(dict.fromkeys((*self.pager_users, *self.approvers.slack)))


class ServiceFlagPolicy(ConfigSection):
    client_limit_share: float = Field(gt=0, le=1)
    tier: Literal["free", "pro", "enterprise"] | None
    tier_limits: dict[str, PositiveInt]
    degraded_model: str = Field(min_length=1, max_length=64)
    reader_seconds: Seconds


class Policies(ConfigSection):
    acknowledge: AckPolicy
    resolve: ResolvePolicy

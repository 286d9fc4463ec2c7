"""The typed form of runbook.yaml, and how a deployment's override is merged in. It only reads the packaged file."""

from collections.abc import Mapping
from datetime import tzinfo
from functools import cache, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt, ValidationError, field_validator, model_validator

from responder.config.actions import Approvals, Budgets, Confidence, Modes, Policies, ServiceFlagPolicy
from responder.config.base import ConfigSection, Minutes, Seconds, looks_like
from responder.config.endpoints import Endpoints
from responder.config.integrations import Contacts, Vendors
from responder.domain.alert import Alert
from responder.domain.diagnosis import Scenario, Severity
from responder.domain.zone import zone_named

PACKAGED = Path(__file__).with_name("runbook.yaml")
# Read from text too: a pinned runbook is JSON, which has only text keys.
Level = Annotated[int, Field(ge=1, le=4)]


class Scope(ConfigSection):
    """`services`: ids of PagerDuty's services, as in their URLs. Names would match nothing."""

    services: tuple[Annotated[str, looks_like(r"[A-Z0-9]{2,20}", "a service's id, such as PABC123")], ...] = ()
    integrations: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def covers(self, alert: Alert) -> bool | None:
        """Whether the alert is in scope; None if it does not say (notes and role changes name only their incident)."""
        if not (alert.service_id or alert.integration_id or alert.teams or alert.tags):
            return None
        return (
            alert.service_id in self.services
            or alert.integration_id in self.integrations
            or not set(self.teams).isdisjoint(alert.teams)
            or not set(self.tags).isdisjoint(alert.tags)
        )


class SeverityRule(ConfigSection):
    """`level_minutes`: minutes from the alert to an escalation level, instead of its multiple of the response time."""

    name: str
    response_minutes: Minutes
    last_level: Level
    level_minutes: dict[Level, Minutes] = Field(default_factory=dict)

    def minutes_to(self, level: int) -> int:
        """Minutes from the alert to this level: by default, 1, 2, 4 response times for 2, 3, 4 (S-96 to S-99)."""
        return self.level_minutes.get(level, self.response_minutes * (1, 2, 4)[level - 2])

    @model_validator(mode="after")
    def _one_after_the_other(self) -> "SeverityRule":
        if beyond := [level for level in self.level_minutes if not 2 <= level <= self.last_level]:
            raise ValueError(f"level_minutes names level {beyond[0]}, and there are levels 2 to {self.last_level}")
        times = [self.minutes_to(level) for level in range(2, self.last_level + 1)]
        if times != sorted(set(times)):
            raise ValueError(f"levels must fall due one after the other, and do at minutes {times}: set level_minutes")
        return self


# Slack only calls people for a mention in brackets. `@team-leads` would be plain text, and nobody would notice.
_MENTION = looks_like(
    r"(<(@[UW][A-Z0-9]{1,20}|!subteam\^S[A-Z0-9]{1,20}(\|[^<>]{1,80})?|!(here|channel|everyone))>[ ,]*)+",
    "a mention as Slack writes it, such as <!subteam^S0123456789> or <@U0123456789>",
)


class EscalationLevel(ConfigSection):
    """`topic_arn`: the level's SNS topic. `upstream`: whether the pager is told to call its next level as well."""

    who: str
    slack_mention: Annotated[str, _MENTION] | None = None
    topic_arn: (
        Annotated[str, looks_like(r"arn:[a-z-]+:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}", "a topic's ARN")] | None
    ) = None
    upstream: Literal["escalate"] | None = None


class Thresholds(ConfigSection):
    latency_p95_seconds: float = Field(gt=0)
    transcription_p95_seconds: float = Field(gt=0)
    error_ratio_major: float = Field(gt=0, le=1)
    error_ratio_minor: float = Field(gt=0, le=1)
    rate_limit_remaining_low: PositiveInt
    failures_for_impact: PositiveInt
    cpu_ratio_high: float = Field(gt=0)
    memory_ratio_high: float = Field(gt=0)
    queue_depth_high: PositiveInt
    certificate_days_low: PositiveInt


class Markers(ConfigSection):
    """Exact names of alert rules, tags and incident types."""

    alert_rules: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    incident_types: tuple[str, ...] = ()


class Alerts(ConfigSection):
    """`label`: the field in an alert's details that holds the name of its alert rule."""

    label: str = Field(min_length=1)
    scenarios: dict[str, Scenario]
    leaked: Markers


class LeakRules(ConfigSection):
    known_readers: tuple[Annotated[str, Field(pattern=r"^arn:[a-z-]+:(iam|sts)::\d{12}:.+$")], ...]


class MonitoringSettings(ConfigSection):
    recheck_seconds: int = Field(ge=1, le=30)
    poll_seconds: tuple[tuple[Seconds | None, Seconds], ...] = Field(min_length=1)
    confirmations: PositiveInt
    close_after_seconds: int = Field(ge=0, le=31_536_000)
    renew_after_iterations: int = Field(ge=10, le=700)
    failed_executions: PositiveInt
    most_executions: int = Field(ge=1, le=50)


class Probing(ConfigSection):
    """Limits that keep probes from doing harm."""

    rate_limit_share: float = Field(gt=0, le=1)
    timing_calls: int = Field(ge=0, le=5)
    share_seconds: int = Field(ge=0, le=15)


class Infrastructure(ConfigSection):
    alarm_prefix: str | None = Field(min_length=1)


class Page(ConfigSection):
    """The incident page: for how many days its link works, and how often an open page reloads (null: never)."""

    link_days: int = Field(ge=1, le=90)
    refresh_seconds: int | None = Field(ge=5, le=86_400)


class Afterwards(ConfigSection):
    """When people are reminded of open work, in hours after the closing. The last one is the weekly reminder."""

    reminders_hours: tuple[Annotated[int, Field(gt=0, le=8_760)], ...]


class Updates(ConfigSection):
    every_minutes: dict[Severity, Minutes]


class Runbook(ConfigSection):
    integration: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    scope: Literal["any"] | Scope
    severities: dict[Severity, SeverityRule]
    escalation: dict[Level, EscalationLevel]
    thresholds: Thresholds
    alerts: Alerts
    leak: LeakRules
    modes: Modes
    confidence: Confidence
    budgets: Budgets
    approvals: Approvals
    service_flags: ServiceFlagPolicy
    policies: Policies
    monitoring: MonitoringSettings
    probing: Probing
    infrastructure: Infrastructure
    updates: Updates
    timezone: str
    page: Page
    afterwards: Afterwards
    endpoints: Endpoints
    vendors: Vendors
    contacts: Contacts

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, given: str) -> str:
        zone_named(given)
        return given

    @property
    def zone(self) -> tzinfo:
        """The zone of times that people read. Slack shows each reader times in their own zone."""
        return zone_named(self.timezone)

    @model_validator(mode="after")
    def _complete(self) -> "Runbook":
        for name, table, wanted in (
            ("severities", self.severities, set(Severity)),
            ("escalation", self.escalation, {1, 2, 3, 4}),
            ("updates.every_minutes", self.updates.every_minutes, set(Severity)),
            ("approvals.expires_minutes", self.approvals.expires_minutes, set(Severity)),
        ):
            if missing := wanted - set(table):
                raise ValueError(f"{name} lacks {', '.join(sorted(map(str, missing)))}")
        chat = self.vendors.named("slack")
        if self.approvals.may_answer_alert and chat and (flaw := chat.approval_flaw):
            raise ValueError(flaw)
        if self.scope != "any":
            named = {name for name, wanted in self.scope if wanted}
            if not named:
                raise ValueError("scope names nothing, so every alert would be dropped; say any, or name what is yours")
            self.vendors.check_scope(named)
        return self

    def is_ours(self, alert: Alert) -> bool | None:
        """Whether the alert is in our scope; None if it does not say: then it is ours if we know its incident."""
        return self.scope == "any" or self.scope.covers(alert)

    def observing(self) -> "Runbook":
        """The same runbook with every mode at `observe`."""
        return self.model_copy(update={"modes": Modes.all_observe()})


def merge(base: Mapping[str, Any], override: Mapping[str, Any]) -> dict[str, Any]:
    """Deep merge: mappings are joined; any other value of `override` replaces the base's."""
    merged = dict(base)
    for key, value in override.items():
        present = merged.get(key)
        merged[key] = merge(present, value) if isinstance(present, Mapping) and isinstance(value, Mapping) else value
    return merged


@cache
def packaged() -> Runbook:
    import yaml  # noqa: PLC0415 - most functions read only the pinned runbook, which is JSON

    # libyaml needs an eighth of the time. It is not used for overrides, because its messages on faults are worse.
    return Runbook.model_validate(yaml.load(PACKAGED.read_bytes(), yaml.CSafeLoader))


@cache
def _defaults() -> dict[str, Any]:
    """The packaged file with the defaults that integrations and actions declare."""
    return packaged().model_dump(mode="json")


# A function reads the override before each action, but it seldom changes. Only a few are kept: they are large.
@lru_cache(maxsize=4)
def with_override(text: str) -> Runbook:
    """The packaged runbook with `text` (JSON or YAML) merged in.

    Raises ValueError with the line, the setting and the allowed words if the result is not valid.
    """
    from responder.config.override import explained, read_override  # noqa: PLC0415 - imports YAML

    override, lines = read_override(text)
    try:
        return Runbook.model_validate(merge(_defaults(), override))
    except ValidationError as error:
        raise ValueError(explained(error, lines, _defaults())) from error

"""The parts of a drill: what is broken in the outside world, what happens meanwhile, and how it must end."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from local.drill.promises import AUDIT_WITHIN, LEVEL_WITHIN
from local.drill.stack import Stack

Json = dict[str, Any]


@dataclass(frozen=True)
class Act:
    """What the world or a person does meanwhile, after `after_state` was entered (again, after an earlier act).

    `ready`: a second condition, which is checked again and again.
    """

    after_state: str
    says: str
    does: Callable[[Stack, str], None]
    ready: Callable[[Stack, str], bool] = lambda *_: True


@dataclass(frozen=True)
class Ended:
    """Everything that a check can use when the execution has ended."""

    stack: Stack
    incident: Json
    journal: list[Json]
    report: str | None = None


Check = Callable[[Ended], list[str]]


@dataclass(frozen=True)
class Expected:
    """The outcome that makes the drill pass. `key_changes`: the production secret has another current version.

    `public_notice`: "held off" if an automatic repair may make it unnecessary.
    `actions`: (name, outcome) pairs that must all be among the incident's actions. `checks` return what is wrong.
    Always checked too: no flag stays switched, no version of the key stays under AWSPENDING, no house words are sent.
    """

    cause: str
    verdict: str
    severities: tuple[str, ...]
    key_changes: bool = False
    restarts: bool = False
    public_notice: bool | Literal["held off"] = False
    status: str = "resolved"
    actions: tuple[tuple[str, str], ...] = ()
    checks: tuple[Check, ...] = ()


@dataclass(frozen=True)
class Scenario:
    """`world` is how the outside is broken before the alert; `override` is merged over the local runbook.

    `before`: what people did before the alert, besides `world`. `limit_seconds`: a longer drill has failed.
    `ends_as`: how the execution ends; if somebody stops it, the acts go on, and there is no report.
    """

    name: str
    story: str
    title: str
    expected: Expected
    world: Json = field(default_factory=dict)
    override: Json = field(default_factory=dict)
    before: Callable[[Stack], None] | None = None
    acts: tuple[Act, ...] = ()
    limit_seconds: float = 180
    ends_as: Literal["SUCCEEDED", "ABORTED"] = "SUCCEEDED"

    @property
    def response(self) -> timedelta:
        """The response time of a P1; those of the other severities are longer than any drill."""
        minutes = self.override.get("severities", {}).get("P1", {}).get("response_minutes", 15)
        return timedelta(minutes=minutes)

    @property
    def within(self) -> float:
        """Seconds that the call of a level may be late; more without an execution, because then the audit calls."""
        return LEVEL_WITHIN if self.ends_as == "SUCCEEDED" else AUDIT_WITHIN

"""All consumers of the key. Each is restarted in the way of its platform; plans and outcomes cover all together."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from responder.actions.restart.ecs import EcsRestart
from responder.actions.restart.function import FunctionRestart
from responder.actions.restart.http_hook import HookRestart
from responder.actions.restart.kubernetes import KubernetesRestart
from responder.actions.restart.progress import Restarter, RestartStep
from responder.config.consumers import Consumer
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.platform_refused import PlatformRefused

_BY_KIND: Mapping[str, Callable[[Any], Restarter]] = {
    "kubernetes": KubernetesRestart,
    "ecs": EcsRestart,
    "lambda": FunctionRestart,
    "http": HookRestart,
}
NONE = "No consumer of the key is configured that could be restarted, so people must restart them."
_AT_ONCE = 8
# The outcome of all together is the first of these that one consumer has.
_WORST_FIRST = ("failed", "needs_people", "stopped", "restarted")
T = TypeVar("T")
L = TypeVar("L", bound=Restarter | Consumer)


def restarters(ctx: IncidentContext) -> list[Restarter]:
    return [_BY_KIND[one.kind](one) for one in ctx.runbook.endpoints.key_consumers]


def of_each(ask: Callable[[L], T], consumers: Sequence[L]) -> dict[str, T]:
    """The result of `ask` for each consumer, by label. They are asked at once, so a slow one delays no other."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip([one.label for one in consumers], pool.map(ask, consumers), strict=True))


def obstacles(ctx: IncidentContext) -> dict[str, str]:
    """The consumers that people must restart themselves after a rotation, by label, and why. It only reads."""
    consumers = restarters(ctx)
    if not consumers:
        return {"every consumer": NONE}

    def obstacle(one: Restarter) -> str | None:
        try:
            return one.obstacle(ctx)
        except PlatformRefused as error:
            return f"Whether {one.label} can be restarted is not known: {error}."

    return {label: why for label, why in of_each(obstacle, consumers).items() if why}


def plan_all(ctx: IncidentContext) -> tuple[Plan | None, dict[str, RestartStep]]:
    """One plan for all consumers that can be restarted, and a step for each of the others, by label."""
    planned = of_each(lambda one: _plan(ctx, one), restarters(ctx))
    left = {label: one for label, one in planned.items() if isinstance(one, RestartStep)}
    return _joined([one for one in planned.values() if isinstance(one, Plan)], left), left


def _plan(ctx: IncidentContext, one: Restarter) -> Plan | RestartStep:
    try:
        planned = one.plan(ctx)
    except PlatformRefused as error:
        return RestartStep("failed", f"The restart of {one.label} cannot be planned: {error}.")
    if isinstance(planned, NothingToDo):
        return RestartStep("failed" if planned.outcome == "failed" else "needs_people", planned.text)
    return planned


def _joined(plans: list[Plan], left: Mapping[str, RestartStep]) -> Plan | None:
    """One plan, because the gate or people permit the whole restart. Its sentence also says what is left to people."""
    if not plans:
        return None
    sentences = [one.sentence for one in plans] + [step.text for step in left.values()]
    effects = dict.fromkeys(one.effect for one in plans)
    changes = {setting: change for one in plans for setting, change in one.changes.items()}
    return plans[0].model_copy(
        update={"sentence": " ".join(sentences), "effect": " ".join(effects), "changes": changes}
    )


def baselines(ctx: IncidentContext, left: Mapping[str, RestartStep]) -> dict[str, str]:
    """What each consumer that is restarted shows before that, by label; "" where the platform cannot be read."""

    def baseline(one: Restarter) -> str:
        try:
            return one.baseline(ctx)
        except PlatformRefused:
            return ""

    return of_each(baseline, [one for one in restarters(ctx) if one.label not in left])


def together(steps: Mapping[str, RestartStep]) -> tuple[str, str]:
    """The outcome of all consumers together, and one text with what each of them says."""
    found = {step.outcome for step in steps.values()}
    worst = next((outcome for outcome in _WORST_FIRST if outcome in found), "under_way")
    text = " ".join(dict.fromkeys(step.text for step in steps.values()))
    return "not_allowed" if worst == "stopped" else worst, text

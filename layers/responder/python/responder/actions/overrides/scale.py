"""Raises the autoscaler's floor (its minimum), and sets it back at the end of the incident (S-62, S-76).

The settings are `scale:hpa/twinmind-hpa` or `scale:ecs/<cluster>/<service>`. The count of replicas is none, because an
autoscaler sets it back at its next sync (docs/twinmind.md#names).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from responder.actions.kubernetes_objects import Objects, open_cluster
from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.target import EffectCheck, setting_key_of
from responder.aws import ecs
from responder.aws.override_table import overrides_of
from responder.clients.kubernetes_rollout import replicas
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo
from responder.domain.overrides import MergeRule
from responder.domain.platform_refused import PlatformRefused

SHARE = 0.5  # how many more are wanted, as a share of those that run now


class AutoscalerFloor(NamedTuple):
    """Counts of pods or tasks. `current`: those wanted now. `ready`: those that serve."""

    name: str
    minimum: int
    maximum: int
    current: int
    ready: int


class AutoscalerTarget:
    kind = "scale"

    def __init__(self, ctx: IncidentContext) -> None:
        platform = ctx.runbook.endpoints.service.platform
        self._scaler: _Hpa | _ScalableTarget | None = None
        if platform.kind == "kubernetes" and platform.kubernetes.hpa:
            self._scaler = _Hpa(ctx, platform.kubernetes.hpa)
        if platform.kind == "ecs":
            self._scaler = _ScalableTarget(ctx)
        self.patience = timedelta(seconds=platform.restart_deadline_seconds)

    def floor(self) -> AutoscalerFloor | None:
        """None if there is no autoscaler, or none is configured. Raises PlatformRefused."""
        return self._scaler.read() if self._scaler else None

    def read(self) -> Mapping[str, Any]:
        floor = self._present()
        return {floor.name: floor.minimum}

    def write(self, values: Mapping[str, Any], *_: str) -> None:
        for value in values.values():
            if self._scaler:
                self._scaler.raise_to(int(value))

    def rule(self, _: str) -> MergeRule:
        return "highest"

    def reached(self, values: Mapping[str, Any]) -> EffectCheck:
        try:
            floor = self._present()
        except PlatformRefused as error:
            return EffectCheck(False, f"How many are ready is not known: {error}.")
        wanted = max(int(value) for value in values.values())
        return EffectCheck(
            floor.ready >= wanted, f"{floor.ready} of the service are ready, of the {wanted} that are wanted."
        )

    def _present(self) -> AutoscalerFloor:
        floor = self.floor()
        if floor is None:
            raise PlatformRefused("there is no autoscaler any more", passes=False)
        return floor


class _Hpa:
    """A HorizontalPodAutoscaler. Both methods raise PlatformRefused. `read` gives None if there is none."""

    def __init__(self, ctx: IncidentContext, name: str) -> None:
        self._ctx, self._name = ctx, name

    def read(self) -> AutoscalerFloor | None:
        with open_cluster(self._ctx) as cluster:
            hpa = cluster.find("horizontalpodautoscalers", self._name)
            if hpa is None:
                return None
            spec = hpa["spec"]
            deployment = self._target(cluster, spec)
            ready = (deployment.get("status") or {}).get("readyReplicas", 0)
            # The API server fills in 1 for a floor that nobody set (HorizontalPodAutoscalerSpec v2).
            least, most = int(spec.get("minReplicas", 1)), int(spec["maxReplicas"])
            return AutoscalerFloor(f"hpa/{self._name}", least, most, replicas(deployment), ready)

    def _target(self, cluster: Objects, spec: Mapping[str, Any]) -> dict[str, Any]:
        kind, name = spec["scaleTargetRef"].get("kind"), spec["scaleTargetRef"]["name"]
        wanted = self._ctx.runbook.endpoints.service.platform.kubernetes.deployment
        if kind != "Deployment" or name != wanted:
            raise PlatformRefused(
                f"autoscaler {self._name} scales {kind} {name}, not Deployment {wanted}", passes=False
            )
        return cluster.get("deployments", wanted)

    def raise_to(self, minimum: int) -> None:
        with open_cluster(self._ctx) as cluster:
            cluster.change("horizontalpodautoscalers", self._name, {"spec": {"minReplicas": minimum}}, "merge")


class _ScalableTarget:
    """A scalable target of ECS. Both methods raise PlatformRefused. `read` gives None if there is none."""

    def __init__(self, ctx: IncidentContext) -> None:
        self._config = ctx.runbook.endpoints.service.platform.ecs

    def read(self) -> AutoscalerFloor | None:
        target = ecs.scalable_target(self._config)
        if target is None:
            return None
        service = ecs.service(self._config)
        name = f"ecs/{self._config.cluster}/{self._config.service}"
        running, desired = int(service["runningCount"]), int(service["desiredCount"])
        return AutoscalerFloor(name, int(target["MinCapacity"]), int(target["MaxCapacity"]), desired, running)

    def raise_to(self, minimum: int) -> None:
        ecs.set_floor(self._config, minimum)


def _desired(ctx: IncidentContext) -> DesiredValues | NothingToDo:
    target = AutoscalerTarget(ctx)
    try:
        floor = target.floor()
    except PlatformRefused as error:
        return NothingToDo("failed", f"The autoscaler cannot be read: {error}.")
    if floor is None:
        return NothingToDo("not_configured", "No autoscaler of the service is configured or found, so people scale it.")
    wanted = _held(ctx, setting_key_of(target, floor.name)) or raised(floor)
    if wanted is None:
        text = f"{floor.current} run already, and {floor.name} allows no more than {floor.maximum}: people decide."
        return NothingToDo("not_needed", text)
    return DesiredValues(
        values={floor.name: wanted},
        because=f"{floor.current} run now, and up to {floor.maximum} may",
        effect=f"At least {wanted} of the service run, which costs what they cost; the autoscaler may go higher.",
    )


def raised(floor: AutoscalerFloor) -> int | None:
    """The new floor: half as many more as run now, at least one more, and no more than the autoscaler's maximum.

    None if that is not above what runs now and the present floor. It counts from what runs, because an autoscaler
    that is about to scale down must be stopped too.
    """
    wanted = min(floor.maximum, floor.current + max(1, round(floor.current * SHARE)))
    return wanted if wanted > max(floor.current, floor.minimum) else None


def _held(ctx: IncidentContext, setting_key: str) -> int | None:
    """The floor that an incident wants already, or None. It is kept: each raise makes more run, so a floor computed
    anew would climb for ever. People decide about a second raise.
    """
    setting = overrides_of(ctx.table, ctx.runbook.integration).of(setting_key)
    desired = [override.desired for override in setting.active] if setting else []
    return max((int(value) for value in desired if value is not None), default=None)


ACTION = OverrideAction("scale", AutoscalerTarget, _desired)

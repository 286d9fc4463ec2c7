"""Restarts on ECS by a forced new deployment: a task reads its secrets only at its start (docs/twinmind.md#names)."""

from datetime import timedelta
from typing import TYPE_CHECKING

from responder.actions import ACTIONS
from responder.actions.restart.progress import ConsumerRestart, MayWrite, Restarter, RestartStep, keep
from responder.aws import ecs
from responder.config.consumers import EcsConsumer
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import now

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ServiceTypeDef

# Reads of ECS may lag behind its writes ("eventual consistency" in the ECS API reference).
SEEN_WITHIN = timedelta(seconds=30)


class EcsRestart(Restarter):
    _config: EcsConsumer

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:  # noqa: ARG002
        primary = ecs.primary_of(ecs.service(self._config))
        if not primary.get("desiredCount"):
            text = f"ECS service {self._config.service} has no tasks to restart (desired count 0)."
            return NothingToDo(outcome="needs_people", text=text)
        task = ecs.short(primary["taskDefinition"])
        return Plan(
            action="restart",
            sentence=f"Restart {self.label} by a new deployment of {task}, so that every task loads the current key.",
            effect="Its tasks are replaced by the service's own deployment settings.",
            undo=ACTIONS["restart"].undo,
            changes={self.label: {"before": f"deployment {primary['id']}", "after": f"a new deployment of {task}"}},
        )

    def baseline(self, ctx: IncidentContext) -> str:  # noqa: ARG002
        """The id of the present primary deployment. Another primary deployment later is a newer one."""
        return ecs.primary_of(ecs.service(self._config))["id"]

    def go_on(self, ctx: IncidentContext, own: ConsumerRestart, may_write: MayWrite) -> RestartStep:
        config = self._config
        found, before = ecs.service(config), own.baseline
        if not before:
            return RestartStep("failed", "ECS did not say which deployment was there before, so none was ordered.")
        if ecs.primary_of(found)["id"] == before and not own.begun:
            if objection := may_write():
                return RestartStep("stopped", f"ECS service {config.service} is not restarted: {objection}.")
            found = ecs.update(config, forceNewDeployment=True)
        if not own.begun:
            keep(ctx, own.model_copy(update={"begun": True}))
        if ecs.primary_of(found)["id"] == before and now() < own.at + SEEN_WITHIN:
            return RestartStep("under_way", f"ECS service {config.service} does not show its new deployment yet.")
        return progress(found, before)


def progress(service: "ServiceTypeDef", before: str) -> RestartStep:
    """How far the deployment is that came after `before` (Deployment.rolloutState in the ECS API reference)."""
    primary, name = ecs.primary_of(service), service["serviceName"]
    failed = [one for one in service["deployments"] if one["id"] != before and one.get("rolloutState") == "FAILED"]
    # The reason says so if ECS's circuit breaker made the deployment ("Amazon ECS deployment circuit breaker").
    is_rollback = "rolling back" in (primary.get("rolloutStateReason") or "").lower()
    if failed or primary["id"] == before or is_rollback:
        reason = (failed or [primary])[0].get("rolloutStateReason") or "its deployment is gone again"
        events = service.get("events")
        said = f"ECS says: {events[0]['message']}" if events else "ECS lists no event."
        return RestartStep("failed", f"ECS service {name} could not be restarted: {reason}. {said}")
    running, desired = primary.get("runningCount", 0), primary.get("desiredCount", 0)
    # An external controller reports no rolloutState. Then the counts alone decide.
    if primary.get("rolloutState", "COMPLETED") == "COMPLETED" and running >= desired:
        return RestartStep("restarted", f"ECS service {name} is restarted: {running} of {desired} new tasks run.")
    return RestartStep("under_way", f"ECS service {name} is restarting: {running} of {desired} new tasks run.")

"""Back to the version from before a suspect deployment, on a person's approval (S-58: a fault of our own)."""

from collections.abc import Mapping
from typing import Protocol

from responder.actions.rollback.ecs import EcsRollback
from responder.actions.rollback.kubernetes import KubernetesRollback
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.incident import ActionRecord


class Way(Protocol):
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo: ...
    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult: ...
    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult: ...


WAYS: Mapping[str, Way] = {"kubernetes": KubernetesRollback(), "ecs": EcsRollback()}


class Rollback:
    """The Doable, by platform."""

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        way = WAYS.get(ctx.runbook.endpoints.service.platform.kind)
        if way is None:
            text = "No platform is configured on which a deployment could be rolled back; people look at what changed."
            return NothingToDo(outcome="not_configured", text=text)
        return way.plan(ctx)

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        return WAYS[ctx.runbook.endpoints.service.platform.kind].apply(ctx, plan)

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        return WAYS[ctx.runbook.endpoints.service.platform.kind].verify(ctx, plan)

    def undo(self, ctx: IncidentContext, done: ActionRecord) -> ActionResult:  # noqa: ARG002
        """Whether the newer version is good enough to come back is not for a machine to say."""
        return ActionResult(outcome="kept", text="The rollback stays until people roll the newer version out again.")


ACTION = Rollback()

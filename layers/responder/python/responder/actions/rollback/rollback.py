"""Rolls back to the version from before a suspect deployment, after a person's approval (S-58: our own fault)."""

from collections.abc import Mapping

from responder.actions.rollback.ecs import EcsRollback
from responder.actions.rollback.kubernetes import KubernetesRollback
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.platform_refused import PlatformRefused

# Every method of a platform raises PlatformRefused.
WAYS: Mapping[str, KubernetesRollback | EcsRollback] = {"kubernetes": KubernetesRollback(), "ecs": EcsRollback()}


class Rollback:
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        way = WAYS.get(ctx.runbook.endpoints.service.platform.kind)
        if way is None:
            text = "No platform is configured on which a deployment could be rolled back; people look at what changed."
            return NothingToDo("not_configured", text)
        try:
            return way.plan(ctx)
        except PlatformRefused as error:
            return NothingToDo("failed", f"Whether a deployment is to blame is not known: {error}.")

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Tries twice. The second try reads first, so it sees whether the first one worked although no answer came."""
        way = WAYS[ctx.runbook.endpoints.service.platform.kind]
        why = ""
        for _ in range(2):
            try:
                return way.apply(ctx, plan)
            except PlatformRefused as error:
                why = str(error)
                if not error.passes:
                    break
        return ActionResult("failed", f"Not rolled back: {why}.")

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        try:
            return WAYS[ctx.runbook.endpoints.service.platform.kind].verify(ctx, plan)
        except PlatformRefused as error:
            return ActionResult("under_way", f"How far the rollback is, is not known: {error}.")

    def undo(self, ctx: IncidentContext) -> ActionResult:  # noqa: ARG002
        """People decide whether the newer version is good enough to come back."""
        return ActionResult("kept", "The rollback stays until people roll the newer version out again.")


ACTION = Rollback()

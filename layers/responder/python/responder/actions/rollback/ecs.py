"""Rolls back on ECS: the service gets its earlier task definition back."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from responder.actions import ACTIONS
from responder.actions.restart.ecs import progress
from responder.aws import ecs
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskDefinitionTypeDef

LOOK_BACK = 5  # how many revisions are tried: some may have been deregistered
_OUTCOMES = {"restarted": "verified", "under_way": "under_way", "failed": "not_verified"}


class EcsRollback:
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        platform = ctx.runbook.endpoints.service.platform
        primary = ecs.primary_of(ecs.service(platform.ecs))
        now_runs, name = ecs.task_definition(primary["taskDefinition"]), ecs.short(primary["taskDefinition"])
        if now_runs is None:
            return NothingToDo("failed", f"ECS does not know {name} any more.")
        window = timedelta(minutes=platform.suspect_deployment_minutes)
        # A forced restart is a deployment too, but of a version that was registered long ago. So both times count.
        for came in (primary["createdAt"], now_runs["registeredAt"]):
            if why := _unsuspicious(came, ctx.incident.started_at, window):
                return NothingToDo("not_needed", f"Nothing is rolled back: {why}.")
        before = _earlier(now_runs)
        if before is None:
            return NothingToDo("not_needed", f"Nothing is rolled back: no active revision from before {name} is left.")
        named = f"ECS service {platform.ecs.cluster}/{platform.ecs.service}"
        change = {"before": _describe(now_runs), "after": _describe(before), "deployment": primary["id"]}
        change |= {"from": primary["taskDefinition"], "to": before["taskDefinitionArn"]}
        return Plan(
            action="rollback",
            sentence=f"Roll {named} back from {change['before']} to {change['after']}.",
            effect="Its tasks are replaced by the earlier version; what the newer one brought is gone.",
            undo=ACTIONS["rollback"].undo,
            changes={named: change},
        )

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        config, change = ctx.runbook.endpoints.service.platform.ecs, plan.only_change
        primary = ecs.primary_of(ecs.service(config))
        if primary["taskDefinition"] == change["to"]:
            return ActionResult("applied", f"ECS service {config.service} has {ecs.short(change['to'])}.")
        if primary["taskDefinition"] != change["from"]:
            return ActionResult("failed", "Not rolled back: somebody has deployed another version since.")
        ecs.update(config, taskDefinition=change["to"])
        return ActionResult("applied", f"ECS service {config.service} is going back to {ecs.short(change['to'])}.")

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        config, change = ctx.runbook.endpoints.service.platform.ecs, plan.only_change
        service = ecs.service(config)
        if ecs.primary_of(service)["taskDefinition"] != change["to"]:
            return ActionResult("not_verified", f"ECS service {config.service} runs another version again.")
        step = progress(service, change["deployment"])
        return ActionResult(_OUTCOMES[step.outcome], step.text.replace("restart", "deploy"))


def _unsuspicious(came: datetime, started_at: datetime, within: timedelta) -> str | None:
    if came > started_at:
        return f"the last deployment came at {came:%H:%M} UTC, after the alert began"
    if started_at - came > within:
        minutes = within.total_seconds() / 60
        return f"no version was registered and deployed in the {minutes:.0f} minutes before the alert"
    return None


def _earlier(task: "TaskDefinitionTypeDef") -> "TaskDefinitionTypeDef | None":
    """The newest earlier revision of the task's family that is still active."""
    for number in range(task["revision"] - 1, max(0, task["revision"] - 1 - LOOK_BACK), -1):
        found = ecs.task_definition(f"{task['family']}:{number}")
        if found and found.get("status") == "ACTIVE":
            return found
    return None


def _describe(task: "TaskDefinitionTypeDef") -> str:
    images = ", ".join(str(one.get("image")) for one in task["containerDefinitions"])
    return f"{task['family']}:{task['revision']} ({images}, of {task['registeredAt']:%Y-%m-%d %H:%M} UTC)"

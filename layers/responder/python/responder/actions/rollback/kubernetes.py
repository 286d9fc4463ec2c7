"""Rolls back as `kubectl rollout undo` does: the Deployment gets the pod template of an earlier ReplicaSet."""

from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.kubernetes_objects import Objects, open_cluster
from responder.actions.rollback.history import REVISION, Revision, revisions, suspect
from responder.clients.kubernetes_rollout import annotations, rollout, unmovable
from responder.clients.responses import Json
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan

_PATH = "/metadata/annotations/" + REVISION.replace("/", "~1")  # a JSON pointer writes / as ~1 (RFC 6901)


class KubernetesRollback:
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        with open_cluster(ctx) as cluster:
            return _plan(ctx, cluster)

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Makes one patch, which fails if the revision is no longer the one of the plan."""
        with open_cluster(ctx) as cluster:
            return _apply(ctx, cluster, plan.only_change)

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        name = ctx.runbook.endpoints.service.platform.kubernetes.deployment
        with open_cluster(ctx) as cluster:
            deployment = cluster.get("deployments", name)
        if annotations(deployment).get(REVISION) == plan.only_change["from"]:
            return _unseen(deployment, name)
        seen = rollout(deployment)
        outcome = {"done": "verified", "going": "under_way", "failed": "not_verified"}[seen.state]
        return ActionResult(outcome, f"Rollback of Deployment {name}: {seen.text}.")


def _plan(ctx: IncidentContext, cluster: Objects) -> Plan | NothingToDo:
    platform = ctx.runbook.endpoints.service.platform
    config, within = platform.kubernetes, timedelta(minutes=platform.suspect_deployment_minutes)
    deployment = cluster.get("deployments", config.deployment)
    found = suspect(_history(cluster, deployment), ctx.incident.started_at, within)
    if isinstance(found, str):
        return NothingToDo("not_needed", f"Nothing is rolled back: {found}.")
    if obstacle := unmovable(deployment):
        return NothingToDo("not_configured", f"Deployment {config.deployment} cannot be changed: {obstacle}.")
    named = f"Deployment {config.namespace}/{config.deployment}"
    return Plan(
        action="rollback",
        sentence=f"Roll {named} back from {found.now.text} to {found.before.text}.",
        effect="Its pods are replaced one after another by the earlier version; what the newer one brought is gone.",
        undo=ACTIONS["rollback"].undo,
        changes={
            named: {
                "before": found.now.text,
                "after": found.before.text,
                "from": str(found.now.number),
                "to": found.before.replica_set,
            }
        },
    )


def _history(cluster: Objects, deployment: Json) -> list[Revision]:
    labels = deployment["spec"]["selector"].get("matchLabels") or {}
    selector = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return revisions(cluster.list_all("replicasets", selector), deployment["metadata"]["name"])


def _apply(ctx: IncidentContext, cluster: Objects, change: Json) -> ActionResult:
    name = ctx.runbook.endpoints.service.platform.kubernetes.deployment
    deployment = cluster.get("deployments", name)
    history = _history(cluster, deployment)
    target = next((one for one in history if one.replica_set == change["to"]), None)
    if target is None:
        return ActionResult("failed", f"Not rolled back: {change['after']} is not kept any more.")
    if deployment["spec"]["template"] == target.template:
        return ActionResult("applied", f"Deployment {name} has the template of {change['after']}.")
    if annotations(deployment).get(REVISION) != change["from"]:
        return ActionResult("failed", f"Not rolled back: somebody has rolled out since {change['before']}.")
    patch = [
        {"op": "test", "path": _PATH, "value": change["from"]},
        {"op": "replace", "path": "/spec/template", "value": target.template},
    ]
    cluster.change("deployments", name, patch, "json")
    return ActionResult("applied", f"Deployment {name} is going back to {change['after']}.")


def _unseen(deployment: Json, name: str) -> ActionResult:
    """The result while the old revision number shows: the controller gives the new one once it has seen the change."""
    is_late = (deployment.get("status") or {}).get("observedGeneration") == deployment["metadata"].get("generation")
    text = f"Deployment {name} still shows the revision from before the rollback."
    return ActionResult("not_verified" if is_late else "under_way", text)

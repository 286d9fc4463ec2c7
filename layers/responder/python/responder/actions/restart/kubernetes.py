"""Restart in Kubernetes: first the Secret gets the current key, then a rollout restart replaces every pod.

What is done already is read from the cluster, by the values that this restart writes, so a repeat goes on anywhere.
"""

from typing import Any, NamedTuple

from responder.actions import ACTIONS
from responder.actions.kubernetes_objects import Objects, open_cluster
from responder.actions.restart.progress import MayWrite, RestartInProgress, Step
from responder.actions.restart.synced_secret import FORCE_SYNC, carries, is_forced, last_refresh, never_refreshes
from responder.aws.secrets import SecretUnreadable, api_key, read_secret
from responder.clients.kubernetes_rollout import RESTARTED_AT, annotations, restarted_at, rollout, unmovable
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import iso
from responder.domain.platform_refused import PlatformRefused

Json = dict[str, Any]


class Secret(NamedTuple):
    """`external`: the ExternalSecret that refreshes it, if any. `hopeless`: why nothing ever will, for people."""

    is_current: bool
    external: Json | None = None
    hopeless: str | None = None


class KubernetesRestart:
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        with open_cluster(ctx) as cluster:
            return _plan(ctx, cluster)

    def baseline(self, ctx: IncidentContext) -> str:  # noqa: ARG002
        return ""  # the annotations carry the order's own time

    def go_on(self, ctx: IncidentContext, in_progress: RestartInProgress, may_write: MayWrite) -> Step:
        with open_cluster(ctx) as cluster:
            return _go_on(ctx, cluster, in_progress, may_write)


def _plan(ctx: IncidentContext, cluster: Objects) -> Plan | NothingToDo:
    config = ctx.runbook.endpoints.service.platform.kubernetes
    deployment = cluster.get("deployments", config.deployment)
    if obstacle := unmovable(deployment):
        text = f"People restart the service: Deployment {config.deployment} cannot be restarted, because {obstacle}."
        return NothingToDo(outcome="needs_people", text=text)
    secret = _secret(ctx, cluster)
    if secret.hopeless:
        return NothingToDo(outcome="needs_people", text=secret.hopeless)
    named = f"Deployment {config.namespace}/{config.deployment}"
    before = annotations(deployment["spec"]["template"]).get(RESTARTED_AT)
    changes: Json = {named: {"before": f"restarted at {before or 'no known time'}", "after": "restarted now"}}
    first = ""
    if not secret.is_current:
        first = f"Make ExternalSecret {config.external_secret} bring the current key into Secret {config.secret}, then "
        changes[f"ExternalSecret {config.namespace}/{config.external_secret}"] = {
            "before": "as it is",
            "after": FORCE_SYNC,
        }
    verb = "restart" if first else "Restart"
    return Plan(
        action="restart",
        sentence=f"{first}{verb} {named} by a rollout, so that every pod loads the current key.",
        effect="Its pods are replaced one after another by the Deployment's own strategy.",
        undo=ACTIONS["restart"].undo,
        changes=changes,
    )


def _secret(ctx: IncidentContext, cluster: Objects) -> Secret:
    config = ctx.runbook.endpoints.service.platform.kubernetes
    field = ctx.runbook.endpoints.twinmind.key_json_field
    try:
        key = api_key(read_secret(ctx.settings.twinmind_api_key_secret), field)
    except SecretUnreadable as error:
        raise PlatformRefused(f"the current key cannot be read to compare it: {error}", passes=True) from error
    if key is None:
        raise PlatformRefused("the production secret holds no key under AWSCURRENT", passes=False)
    held = carries(cluster.get("secrets", config.secret), config.secret_field, key)
    if held:
        return Secret(is_current=True)
    if held is None:
        return Secret(False, hopeless=f"Secret {config.secret} has no field {config.secret_field}. {_by_hand(ctx)}")
    if config.external_secret is None:
        nobody = f"Secret {config.secret} does not carry the current key, and no ExternalSecret is configured."
        return Secret(False, hopeless=f"{nobody} {_by_hand(ctx)}")
    external = cluster.get("externalsecrets", config.external_secret)
    if never := never_refreshes(external):
        why = f"Secret {config.secret} does not carry the current key, and ExternalSecret {config.external_secret}"
        return Secret(False, hopeless=f"{why} never refreshes it, because {never}. {_by_hand(ctx)}")
    return Secret(is_current=False, external=external)


def _by_hand(ctx: IncidentContext) -> str:
    config = ctx.runbook.endpoints.service.platform.kubernetes
    return (
        f"People bring the AWSCURRENT value into its field {config.secret_field}, then run "
        f"kubectl rollout restart deployment/{config.deployment} -n {config.namespace}. "
        "Restarting before that would load the old key again."
    )


def _go_on(ctx: IncidentContext, cluster: Objects, in_progress: RestartInProgress, may_write: MayWrite) -> Step:
    config = ctx.runbook.endpoints.service.platform.kubernetes
    deployment = cluster.get("deployments", config.deployment)
    ordered = restarted_at(deployment)
    if ordered is not None and ordered >= in_progress.at:  # by us, or by somebody after us: the pods start all the same
        return _rolling(config.deployment, deployment)
    secret = _secret(ctx, cluster)
    if secret.hopeless:
        return Step("needs_people", secret.hopeless)
    stamp = iso(in_progress.at)
    if secret.external is not None and is_forced(secret.external, stamp):
        return Step("waiting", f"Secret {config.secret} waits for its refresh ({last_refresh(secret.external)}).")
    if objection := may_write():
        done = "" if secret.is_current else "; nothing was changed"
        return Step("stopped", f"Deployment {config.deployment} is not restarted: {objection}{done}.")
    if secret.external is not None:
        cluster.change("externalsecrets", str(config.external_secret), sync_patch(stamp), "merge")
        return Step("waiting", f"Secret {config.secret} is being refreshed with the current key.")
    return _rolling(config.deployment, cluster.change("deployments", config.deployment, restart_patch(stamp)))


def restart_patch(stamp: str) -> Json:
    return {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}}


def sync_patch(stamp: str) -> Json:
    return {"metadata": {"annotations": {FORCE_SYNC: stamp}}}


def _rolling(name: str, deployment: Json) -> Step:
    seen = rollout(deployment)
    if seen.state == "failed":
        return Step("failed", f"Deployment {name} could not be restarted: {seen.text}.")
    if seen.state == "done":
        return Step("restarted", f"Deployment {name} is restarted: {seen.text}.")
    return Step("under_way", f"Deployment {name} is restarting: {seen.text}.")

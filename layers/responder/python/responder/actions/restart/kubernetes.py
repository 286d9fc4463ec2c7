"""Restarts in Kubernetes: first the Secret gets the current key, then a rollout restart replaces every pod.

The values that a restart writes show in the cluster what is done already, so a repeat goes on from there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from responder.actions import ACTIONS
from responder.actions.kubernetes_objects import Objects, open_cluster
from responder.actions.restart.progress import ConsumerRestart, MayWrite, Restarter, RestartStep
from responder.actions.restart.synced_secret import FORCE_SYNC, carries, is_forced, last_refresh, never_refreshes
from responder.aws.secrets import SecretUnreadable, api_key, read_secret
from responder.clients.kubernetes_rollout import (
    RESTARTED_AT,
    annotations,
    mounts_secrets_store,
    restarted_at,
    rollout,
    unmovable,
)
from responder.clients.responses import Json
from responder.config.consumers import DeploymentConsumer
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import iso, now
from responder.domain.platform_refused import PlatformRefused


class Secret(NamedTuple):
    """The Secret with the key. `external`: the ExternalSecret that refreshes it, if one does.

    `is_mounted`: there is no Secret, because each new pod mounts the key. `hopeless`: why nothing will ever refresh it.
    """

    is_current: bool
    is_mounted: bool = False
    external: Json | None = None
    hopeless: str | None = None


class KubernetesRestart(Restarter):
    _config: DeploymentConsumer

    @contextmanager
    def _open(self, ctx: IncidentContext, *, acts: bool = True) -> Iterator[Objects]:
        cluster = ctx.runbook.endpoints.service.platform.kubernetes
        with open_cluster(ctx, cluster.model_copy(update={"namespace": self._config.namespace}), acts=acts) as found:
            yield found

    def obstacle(self, ctx: IncidentContext) -> str | None:
        """Checks whether anything will refresh the Secret. Its content says nothing: the new key does not exist yet."""
        with self._open(ctx, acts=False) as cluster:
            deployment = cluster.get("deployments", self._config.deployment)
            if held_up := unmovable(deployment):
                return f"{self.label} cannot be restarted, because {held_up}."
            if self._config.external_secret is None:
                return None if mounts_secrets_store(deployment) else self._unfilled(deployment)
            never = never_refreshes(cluster.get("externalsecrets", self._config.external_secret))
            return f"ExternalSecret {self._config.external_secret} never refreshes, because {never}." if never else None

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        with self._open(ctx) as cluster:
            return self._plan(ctx, cluster)

    def go_on(self, ctx: IncidentContext, own: ConsumerRestart, may_write: MayWrite) -> RestartStep:
        with self._open(ctx) as cluster:
            return self._go_on(ctx, cluster, own, may_write)

    def dry_run(self, ctx: IncidentContext) -> None:
        """Lets the API server check the restart (rights, admission, validity) without doing it."""
        with self._open(ctx) as cluster:
            cluster.change("deployments", self._config.deployment, _restart_patch(iso(now())), dry_run=True)

    def refresh_dry_run(self, ctx: IncidentContext) -> str | None:
        """As `dry_run`, for the refresh of the Secret. Returns the operator's version; None if nothing refreshes it."""
        name = self._config.external_secret
        if name is None:
            return None
        with self._open(ctx) as cluster:
            found = cluster.change("externalsecrets", name, _sync_patch(iso(now())), "merge", dry_run=True)
        return f"{name} is read as {found.get('apiVersion', 'the version that the cluster named')}"

    def _plan(self, ctx: IncidentContext, cluster: Objects) -> Plan | NothingToDo:
        config, named = self._config, self.label
        deployment = cluster.get("deployments", config.deployment)
        if held_up := unmovable(deployment):
            text = f"People restart the service: Deployment {config.deployment} cannot be restarted, because {held_up}."
            return NothingToDo(outcome="needs_people", text=text)
        secret = self._secret(ctx, cluster, deployment)
        if secret.hopeless:
            return NothingToDo(outcome="needs_people", text=secret.hopeless)
        before = annotations(deployment["spec"]["template"]).get(RESTARTED_AT)
        changes: Json = {named: {"before": f"restarted at {before or 'no known time'}", "after": "restarted now"}}
        first = ""
        if not secret.is_current:
            external, held = config.external_secret, config.secret
            first = f"Make ExternalSecret {external} bring the current key into Secret {held}, then "
            changes[f"ExternalSecret {config.namespace}/{external}"] = {"before": "as it is", "after": FORCE_SYNC}
        verb = "restart" if first else "Restart"
        mounts = " (its pods mount the key by the Secrets Store CSI Driver)" if secret.is_mounted else ""
        return Plan(
            action="restart",
            sentence=f"{first}{verb} {named} by a rollout{mounts}, so that every pod loads the current key.",
            effect="Its pods are replaced one after another by the Deployment's own strategy.",
            undo=ACTIONS["restart"].undo,
            changes=changes,
        )

    def _secret(self, ctx: IncidentContext, cluster: Objects, deployment: Json) -> Secret:
        config, field = self._config, ctx.runbook.endpoints.twinmind.key_json_field
        try:
            key = api_key(read_secret(ctx.settings.twinmind_api_key_secret), field)
        except SecretUnreadable as error:
            raise PlatformRefused(f"the current key cannot be read to compare it: {error}", passes=True) from error
        if key is None:
            raise PlatformRefused("the production secret holds no key", passes=False)
        read = cluster.find if mounts_secrets_store(deployment) else cluster.get
        found = read("secrets", str(config.secret))
        if found is None:  # the pods mount the key themselves
            return Secret(is_current=True, is_mounted=True)
        held = carries(found, str(config.secret_field), key)
        if held:
            return Secret(is_current=True)
        if held is None:
            text = f"Secret {config.secret} has no field {config.secret_field}. {self._by_hand}"
            return Secret(False, hopeless=text)
        if config.external_secret is None:
            return Secret(False, hopeless=self._unfilled(deployment))
        external = cluster.get("externalsecrets", config.external_secret)
        if never := never_refreshes(external):
            why = f"Secret {config.secret} does not carry the current key, and ExternalSecret {config.external_secret}"
            return Secret(False, hopeless=f"{why} never refreshes it, because {never}. {self._by_hand}")
        return Secret(is_current=False, external=external)

    def _unfilled(self, deployment: Json) -> str:
        why = f"Secret {self._config.secret} does not get the current key, and no ExternalSecret is configured."
        if mounts_secrets_store(deployment):
            why += " The Secrets Store CSI Driver writes it only where its rotation is on (enableSecretRotation)."
        return f"{why} {self._by_hand}"

    @property
    def _by_hand(self) -> str:
        config = self._config
        return (
            f"People copy the key in force into its field {config.secret_field}, then run "
            f"kubectl rollout restart deployment/{config.deployment} -n {config.namespace}. "
            "Restarting before that would load the old key again."
        )

    def _go_on(self, ctx: IncidentContext, cluster: Objects, own: ConsumerRestart, may_write: MayWrite) -> RestartStep:
        config = self._config
        deployment = cluster.get("deployments", config.deployment)
        ordered = restarted_at(deployment)
        if ordered is not None and ordered >= own.at:  # we or somebody after us ordered it: the pods restart either way
            return _rolling(config.deployment, deployment)
        secret = self._secret(ctx, cluster, deployment)
        if secret.hopeless:
            return RestartStep("needs_people", secret.hopeless)
        stamp = iso(own.at)
        if secret.external is not None and is_forced(secret.external, stamp):
            text = f"Secret {config.secret} waits for its refresh ({last_refresh(secret.external)})."
            return RestartStep("waiting", text)
        if objection := may_write():
            done = "" if secret.is_current else "; nothing was changed"
            return RestartStep("stopped", f"Deployment {config.deployment} is not restarted: {objection}{done}.")
        if secret.external is not None:
            cluster.change("externalsecrets", str(config.external_secret), _sync_patch(stamp), "merge")
            return RestartStep("waiting", f"Secret {config.secret} is being refreshed with the current key.")
        return _rolling(config.deployment, cluster.change("deployments", config.deployment, _restart_patch(stamp)))


def _restart_patch(stamp: str) -> Json:
    return {"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: stamp}}}}}


def _sync_patch(stamp: str) -> Json:
    return {"metadata": {"annotations": {FORCE_SYNC: stamp}}}


def _rolling(name: str, deployment: Json) -> RestartStep:
    seen = rollout(deployment)
    if seen.state == "failed":
        return RestartStep("failed", f"Deployment {name} could not be restarted: {seen.text}.")
    if seen.state == "done":
        return RestartStep("restarted", f"Deployment {name} is restarted: {seen.text}.")
    return RestartStep("under_way", f"Deployment {name} is restarting: {seen.text}.")

"""The state of a Deployment's rollout, as `kubectl rollout status` decides it. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"


class Rollout(NamedTuple):
    """How far a rollout is. `text` is a clause for people."""

    state: Literal["done", "going", "failed"]
    text: str


def rollout(deployment: Mapping[str, Any]) -> Rollout:
    """Decides by `generation` and `status` (DeploymentStatus v1; the page "Deployments", "Deployment status")."""
    status, wanted = deployment.get("status") or {}, replicas(deployment)
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    if status.get("observedGeneration", 0) < deployment["metadata"].get("generation", 0):
        return Rollout("going", "the cluster has not seen the change yet")
    for condition in status.get("conditions") or []:
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            said = (condition.get("message") or "its progress deadline has passed").rstrip(".")
            return Rollout("failed", f"{said} ({updated} of {wanted} pods are new; the old ones serve on)")
    if updated < wanted:
        return Rollout("going", f"{updated} of {wanted} pods are new")
    if status.get("replicas", 0) > updated:
        return Rollout("going", f"{status['replicas'] - updated} old pods are still there")
    if available < updated:
        return Rollout("going", f"{available} of {updated} new pods are available")
    return Rollout("done", f"{updated} of {wanted} pods are new and available")


def replicas(deployment: Mapping[str, Any]) -> int:
    """How many pods are wanted; 1 by the API server's default."""
    return int(deployment["spec"].get("replicas", 1))


def annotations(found: Mapping[str, Any]) -> Mapping[str, str]:
    """The annotations of an object or a pod template."""
    return (found.get("metadata") or {}).get("annotations") or {}


def restarted_at(deployment: Mapping[str, Any]) -> datetime | None:
    """When somebody last ordered a rollout restart; None if never, or if the time has no zone."""
    text = annotations(deployment["spec"]["template"]).get(RESTARTED_AT, "")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def unmovable(deployment: Mapping[str, Any]) -> str | None:
    """Why a change of the pod template would replace no pod; None if it would."""
    if deployment["spec"].get("paused"):
        return "its rollouts are paused (spec.paused)"
    return "it has no pods (spec.replicas is 0)" if replicas(deployment) == 0 else None


def mounts_secrets_store(deployment: Mapping[str, Any]) -> bool:
    """Whether its pods mount secrets by the Secrets Store CSI Driver, which reads them anew for each new pod."""
    volumes = deployment["spec"]["template"].get("spec", {}).get("volumes") or []
    return any((one.get("csi") or {}).get("driver") == "secrets-store.csi.k8s.io" for one in volumes)

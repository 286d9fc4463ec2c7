"""Our service's state by Deployment, ReplicaSets, pods and autoscaler (Kubernetes API reference). Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from responder.clients.responses import Json, inner, listed, whole
from responder.domain.clock import from_iso

_REVISION = "deployment.kubernetes.io/revision"
# Normal reasons of a starting container; any other is trouble.
_STARTING = {"ContainerCreating", "PodInitializing"}
_REASON = re.compile(r"[A-Z][A-Za-z]{2,39}")
# Older terminations must not delay recovery.
RECENT = timedelta(minutes=5)


@dataclass(frozen=True)
class Workload:
    """`reasons`: why containers wait or ended recently, such as CrashLoopBackOff or OOMKilled."""

    desired: int
    ready: int
    restarts: int
    reasons: tuple[str, ...]
    rollout_running: bool
    rollout_failed: bool
    revision: int | None = None
    rolled_out_at: datetime | None = None
    autoscaler_max: int | None = None
    autoscaler_at_max: bool | None = None


def workload(
    deployment: Json, sets: Sequence[Json], pods: Sequence[Json], scaler: Json | None, now: datetime
) -> Workload:
    progress = next((one for one in listed(deployment, "status", "conditions") if one.get("type") == "Progressing"), {})
    desired = whole(deployment, "spec", "replicas")
    status = deployment.get("status")
    newest = _newest(sets, inner(deployment, "metadata", "name"))
    seen = whole(status, "observedGeneration") >= whole(deployment, "metadata", "generation")
    settled = seen and whole(status, "updatedReplicas") >= desired and whole(status, "replicas") == desired
    most = whole(scaler, "spec", "maxReplicas") if scaler else None
    return Workload(
        desired=desired,
        ready=whole(status, "readyReplicas"),
        restarts=sum(whole(container, "restartCount") for pod in pods for container in _containers(pod)),
        reasons=tuple(sorted({reason for pod in pods for reason in _reasons(pod, now)})),
        rollout_running=not settled,
        rollout_failed=progress.get("status") == "False",
        revision=_revision(deployment) or _revision(newest),
        rolled_out_at=from_iso(inner(newest, "metadata", "creationTimestamp")),
        autoscaler_max=most,
        autoscaler_at_max=whole(scaler, "status", "currentReplicas") >= most if most else None,
    )


def _newest(sets: Sequence[Json], owner: Any) -> Json:
    ours = [one for one in sets if any(ref.get("name") == owner for ref in listed(one, "metadata", "ownerReferences"))]
    return max(ours or [{}], key=lambda one: _revision(one) or 0)


def _revision(found: Json) -> int | None:
    text = inner(found, "metadata", "annotations", _REVISION)
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 10 else None


def _containers(pod: Json) -> list[Json]:
    return listed(pod, "status", "containerStatuses")


def _reasons(pod: Json, now: datetime) -> list[str]:
    """Why containers wait, why the last one ended if recently, and why the pod is not scheduled."""
    found = [inner(pod, "status", "reason")]
    for container in _containers(pod):
        found.append(inner(container, "state", "waiting", "reason"))
        for state in ("state", "lastState"):
            ended = inner(container, state, "terminated")
            at = from_iso(inner(ended, "finishedAt"))
            found.append(inner(ended, "reason") if at is None or now - at <= RECENT else None)
    unscheduled = [one for one in listed(pod, "status", "conditions") if one.get("reason") == "Unschedulable"]
    found += ["Unschedulable"] if unscheduled else []
    return [one for one in found if isinstance(one, str) and one not in _STARTING and _REASON.fullmatch(one)]


_UNITS = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12,
          "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)([numkMGT]|[KMGT]i)?")


def quantity(text: Any) -> float | None:
    """A resource quantity ("Quantity", apimachinery) in cores or bytes; None if invalid."""
    match = _QUANTITY.fullmatch(str(text)) if isinstance(text, str | int) else None
    return float(match[1]) * _UNITS[match[2] or ""] if match else None

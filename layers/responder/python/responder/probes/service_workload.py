"""The state of our service's workload, and recent deployments (runbook S-16, S-17)"""

from dataclasses import asdict
from typing import Any

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.probes import ecs_workload
from responder.probes.cluster import Unread, items, pods, read
from responder.probes.workload_reading import Workload, workload


async def probe(ctx: ProbeContext) -> Finding:
    kind = ctx.runbook.endpoints.service.platform.kind
    if kind not in ("kubernetes", "ecs"):
        summary = "What our service runs on is not configured, so its pods or tasks were not looked at."
        return ctx.saw(FindingStatus.OK, summary, configured=False, platform=kind)
    found = await (_of_kubernetes(ctx) if kind == "kubernetes" else ecs_workload.read(ctx))
    measured: dict[str, Any] = {"configured": True, "platform": kind}
    if isinstance(found, Unread):
        summary = f"Our service's workload could not be read: {found.why}."
        return ctx.saw(FindingStatus.UNKNOWN, summary, http_status=found.http_status, **measured)
    age = None if found.rolled_out_at is None else max(0, int((ctx.now - found.rolled_out_at).total_seconds()))
    return ctx.saw(
        _status(found),
        _sentence(found, age),
        **{name: value for name, value in asdict(found).items() if name not in ("reasons", "rolled_out_at")},
        reasons=list(found.reasons),
        rollout_age_seconds=age,
        **measured,
    )


async def _of_kubernetes(ctx: ProbeContext) -> Workload | Unread:
    """Deployment and pods are required; ReplicaSets and autoscaler are optional."""
    names = ctx.runbook.endpoints.service.platform.kubernetes
    deployment = await read(ctx, "deployments", names.deployment)
    running = await pods(ctx)
    if isinstance(deployment, Unread):
        return deployment
    if isinstance(running, Unread):
        return running
    sets = await items(ctx, "replicasets")
    scaler = await read(ctx, "horizontalpodautoscalers", names.hpa) if names.hpa else Unread("none")
    shown = None if isinstance(scaler, Unread) else scaler.json()
    return workload(deployment.json(), [] if isinstance(sets, Unread) else sets, running, shown, ctx.now)


def _status(found: Workload) -> FindingStatus:
    """During a rollout, fewer ready pods than desired are normal."""
    if found.desired and not found.ready:
        return FindingStatus.FAILED
    short = found.ready < found.desired and not found.rollout_running
    return FindingStatus.DEGRADED if short or found.reasons or found.rollout_failed else FindingStatus.OK


def _sentence(found: Workload, age: int | None) -> str:
    said = [f"{found.ready} of {found.desired} of our service are ready"]
    if found.reasons:
        said.append(f"trouble: {', '.join(found.reasons)}")
    if found.restarts:
        said.append(f"{found.restarts} restart{'' if found.restarts == 1 else 's'} so far")
    if found.rollout_failed:
        said.append("a rollout does not get on")
    elif found.rollout_running:
        said.append("a rollout is under way")
    if age is not None:
        named = f" (revision {found.revision})" if found.revision else ""
        said.append(f"last rolled out {_ago(age)} ago{named}")
    if found.autoscaler_at_max:
        said.append(f"the autoscaler is at its maximum of {found.autoscaler_max}")
    return f"{'; '.join(said)}."


def _ago(seconds: int) -> str:
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"

"""CPU and memory usage of our pods or tasks (runbook S-56, `kubectl top pods`)"""

from statistics import mean
from typing import Any

from responder.clients.responses import Json, inner, listed
from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.probes import ecs_workload
from responder.probes.cluster import Unread, items, pods
from responder.probes.workload_reading import quantity

# Usage of each pod or task as a share of its limit; None if unknown.
Shares = tuple[list[float], list[float]]


async def probe(ctx: ProbeContext) -> Finding:
    kind = ctx.runbook.endpoints.service.platform.kind
    if kind not in ("kubernetes", "ecs"):
        summary = "What our service runs on is not configured, so its use of resources was not looked at."
        return ctx.saw(FindingStatus.OK, summary, configured=False, platform=kind)
    found = await (_of_kubernetes(ctx) if kind == "kubernetes" else ecs_workload.usage(ctx))
    about: dict[str, Any] = {"configured": True, "platform": kind}
    if isinstance(found, Unread):
        summary = f"Our service's use of resources could not be read: {found.why}."
        return ctx.saw(FindingStatus.UNKNOWN, summary, http_status=found.http_status, **about)
    if found is None:
        return ctx.saw(FindingStatus.OK, "Nobody measures what our service uses.", measured=False, **about)
    return _judged(ctx, found, about)


def _judged(ctx: ProbeContext, found: Shares, about: dict[str, Any]) -> Finding:
    limits, status, parts = ctx.runbook.thresholds, FindingStatus.OK, []
    measured: dict[str, float] = {}
    highs = (limits.cpu_ratio_high, limits.memory_ratio_high)
    for name, shares, high in zip(("CPU", "memory"), found, highs, strict=True):
        if shares:
            ratio = round(mean(shares), 2)
            measured |= {f"{name.lower()}_ratio": ratio, f"highest_{name.lower()}_ratio": round(max(shares), 2)}
            parts.append(f"{ratio:.0%} of its {name}")
            status = FindingStatus.DEGRADED if ratio >= high else status
    summary = f"Our service uses {' and '.join(parts) or 'an unknown amount'}."
    return ctx.saw(status, summary, measured=bool(parts), **about, **measured)


async def _of_kubernetes(ctx: ProbeContext) -> Shares | Unread | None:
    used, running = await items(ctx, "podmetrics"), await pods(ctx)
    if isinstance(used, Unread):
        # Without metrics-server the API group is not served (Kubernetes, "Resource Metrics Pipeline").
        return None if used.http_status == 404 else used
    if isinstance(running, Unread):
        return running
    service = ctx.runbook.endpoints.service
    defaults = {"cpu": service.cpu_cores, "memory": service.memory_mib * 2.0**20}
    limits = {str(inner(pod, "metadata", "name")): _limits(pod, defaults) for pod in running}
    shares: Shares = ([], [])
    for one in used:
        allowed = limits.get(str(inner(one, "metadata", "name")), defaults)
        for place, name in enumerate(("cpu", "memory")):
            amounts = [quantity(inner(container, "usage", name)) for container in listed(one, "containers")]
            if amounts and allowed[name] > 0 and None not in amounts:
                shares[place].append(sum(filter(None, amounts)) / allowed[name])
    return shares


def _limits(pod: Json, defaults: dict[str, float]) -> dict[str, float]:
    """The sum over its containers; the configured default for a container without a limit."""
    found = {}
    for name, default in defaults.items():
        amounts = [quantity(inner(one, "resources", "limits", name)) for one in listed(pod, "spec", "containers")]
        found[name] = sum(filter(None, amounts)) if amounts and None not in amounts else default
    return found

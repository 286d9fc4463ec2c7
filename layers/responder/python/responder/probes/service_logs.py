"""Reports our service's last log lines (runbook S-29, S-36, S-71). They never prove that a problem continues."""

import asyncio
from typing import Any

from responder.aws import cloudwatch as watching
from responder.clients.responses import Json, inner, listed
from responder.contracts.probe import ProbeContext, in_thread
from responder.domain.finding import Finding, FindingStatus
from responder.probes.cluster import Unread, pods, read
from responder.probes.error_kinds import KINDS
from responder.probes.logs_reading import MOST_CONSUMERS, MOST_TYPES, Reading, reading

# The runbook reads 100, 200 and 1000 lines, of all pods.
LINES = 1000
MOST_PODS = 5
LIMIT_BYTES = 262_144
# Older lines are not about the incident.
SINCE_SECONDS = 600


# The lines, and whether there were more than the limit.
LogLines = tuple[list[str], bool]


async def probe(ctx: ProbeContext) -> Finding:
    service = ctx.runbook.endpoints.service
    source = "cloudwatch" if service.log_group else "pods" if service.platform.kind == "kubernetes" else None
    if source is None:
        return ctx.saw(FindingStatus.OK, "Where our service's logs are is not configured.", configured=False)
    about: dict[str, Any] = {"configured": True, "log_source": source}
    found = await (_of_cloudwatch(service.log_group) if service.log_group else _of_pods(ctx))
    if isinstance(found, Unread):
        summary = f"Our service's logs could not be read: {found.why}."
        return ctx.saw(FindingStatus.UNKNOWN, summary, http_status=found.http_status, **about)
    lines, cut = found
    read_ = reading(lines)
    consumers = read_.consumers.most_common(MOST_CONSUMERS)
    total = read_.consumers.total()
    return ctx.saw(
        FindingStatus.OK,
        _sentence(read_, consumers),
        lines=read_.lines,
        errors=read_.errors.total() - read_.errors["user_errors"],
        **{kind: read_.errors[kind] for kind in KINDS},
        error_types=_counted(read_.types.most_common(MOST_TYPES)),
        consumers=_counted(consumers),
        top_consumer_ratio=round(consumers[0][1] / total, 2) if consumers else None,
        cut=cut,
        **about,
    )


async def _of_pods(ctx: ProbeContext) -> LogLines | Unread:
    running = await pods(ctx)
    if isinstance(running, Unread):
        return running
    up = [pod for pod in running if inner(pod, "status", "phase") == "Running"]
    each = LINES // max(1, min(len(up), MOST_PODS))
    answers = await asyncio.gather(*[_of_pod(ctx, pod, each) for pod in up[:MOST_PODS]])
    found = [one for one in answers if not isinstance(one, Unread)]
    if answers and not found:
        return answers[0]
    return [line for lines, _ in found for line in lines], len(up) > MOST_PODS or any(cut for _, cut in found)


async def _of_pod(ctx: ProbeContext, pod: Json, most: int) -> LogLines | Unread:
    limits = {"tailLines": str(most), "limitBytes": str(LIMIT_BYTES), "sinceSeconds": str(SINCE_SECONDS)}
    container = _container(ctx, pod)
    params = limits | ({"container": container} if container else {})
    answer = await read(ctx, "pods", str(inner(pod, "metadata", "name")), part="log", params=params)
    if isinstance(answer, Unread):
        return answer
    # A server may send more lines than we asked for.
    lines, full = answer.text.splitlines()[-most:], len(answer.text.encode()) >= LIMIT_BYTES
    # The byte limit can cut the last line.
    return lines[:-1] if full else lines, full or len(lines) >= most


def _container(ctx: ProbeContext, pod: Json) -> str | None:
    """The service's container, if the pod has several: the configured one, the one that `kubectl logs` chooses, or the
    one that gets the key. None if the pod has only one: the API then needs no name.
    """
    kubernetes, containers = ctx.runbook.endpoints.service.platform.kubernetes, listed(pod, "spec", "containers")
    names = [str(one.get("name")) for one in containers]
    annotated = inner(pod, "metadata", "annotations", "kubectl.kubernetes.io/default-container")
    holders = [str(one.get("name")) for one in containers if _is_given(one, kubernetes.secret)]
    wanted = (kubernetes.container, annotated, *holders, kubernetes.deployment)
    return next((name for name in wanted if name in names), names[0]) if len(names) > 1 else None


def _is_given(container: Json, secret: str) -> bool:
    by_name = [inner(one, "valueFrom", "secretKeyRef", "name") for one in listed(container, "env")]
    whole = [inner(one, "secretRef", "name") for one in listed(container, "envFrom")]
    return secret in (*by_name, *whole)


async def _of_cloudwatch(group: str) -> LogLines | Unread:
    found = await in_thread(lambda: watching.last_lines(group, SINCE_SECONDS, LINES))
    return Unread(found) if isinstance(found, str) else (found, len(found) >= LINES)


def _sentence(found: Reading, consumers: list[tuple[str, int]]) -> str:
    if not found.lines:
        return "Our service logged nothing lately."
    by_users, types = found.errors["user_errors"], _counted(found.types.most_common(MOST_TYPES))
    said = f"Of our service's last {found.lines} log lines {found.errors.total() - by_users} are errors"
    users = f", and {by_users} more are bad input of users" if by_users else ""
    named = f"; by type: {', '.join(types)}" if types else ""
    heavy = f"; most calls come from {consumers[0][0]} ({consumers[0][1]})" if consumers else ""
    return f"{said}{users}{named}{heavy}."


def _counted(found: list[tuple[str, int]]) -> list[str]:
    return [f"{name} {count}" for name, count in found]

"""What our service's last log lines report (runbook S-29, S-36, S-71). Never proves that a problem continues."""

import asyncio
from dataclasses import dataclass
from typing import Any

from responder.aws import cloudwatch as watching
from responder.contracts.probe import ProbeContext, in_thread
from responder.domain.finding import Finding, FindingStatus
from responder.probes.cluster import Unread, inner, pods, read
from responder.probes.logs_reading import KINDS, MOST_CONSUMERS, Reading, reading

NAME = "service_logs"
# The runbook reads 100, 200 and 1000 lines, of all pods.
LINES = 1000
MOST_PODS = 5
LIMIT_BYTES = 262_144
# Older lines are not about the incident.
SINCE_SECONDS = 600


@dataclass(frozen=True)
class Lines:
    """`cut`: there was more than the limit."""

    lines: list[str]
    cut: bool


async def probe(ctx: ProbeContext) -> Finding:
    """Measures `configured`, `log_source` (pods, cloudwatch), `lines`, `errors`; of these by kind `auth_failed`,
    `rate_limited`, `server_errors`, `unanswered`, `user_errors`, `other_errors`; `top_error`, `consumers`,
    `top_consumer_ratio`, `cut`."""
    service = ctx.runbook.endpoints.service
    source = "cloudwatch" if service.log_group else "pods" if service.platform.kind == "kubernetes" else None
    if source is None:
        return ctx.saw(NAME, FindingStatus.OK, "Where our service's logs are is not configured.", configured=False)
    about: dict[str, Any] = {"configured": True, "log_source": source}
    found = await (_of_cloudwatch(service.log_group) if service.log_group else _of_pods(ctx))
    if isinstance(found, Unread):
        summary = f"Our service's logs could not be read: {found.why}."
        return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, http_status=found.http_status, **about)
    read_ = reading(found.lines)
    consumers = read_.consumers.most_common(MOST_CONSUMERS)
    total = read_.consumers.total()
    return ctx.saw(
        NAME,
        FindingStatus.OK,
        _sentence(read_, consumers),
        lines=read_.lines,
        errors=read_.errors.total(),
        **{kind: read_.errors[kind] for kind in KINDS},
        top_error=read_.top_error,
        consumers=[f"{name} {count}" for name, count in consumers],
        top_consumer_ratio=round(consumers[0][1] / total, 2) if consumers else None,
        cut=found.cut,
        **about,
    )


async def _of_pods(ctx: ProbeContext) -> Lines | Unread:
    running = await pods(ctx)
    if isinstance(running, Unread):
        return running
    names = [str(inner(pod, "metadata", "name")) for pod in running if inner(pod, "status", "phase") == "Running"]
    each = LINES // max(1, min(len(names), MOST_PODS))
    answers = await asyncio.gather(*[_of_pod(ctx, name, each) for name in names[:MOST_PODS]])
    found = [one for one in answers if isinstance(one, Lines)]
    if answers and not found:
        return next(one for one in answers if isinstance(one, Unread))
    cut = len(names) > MOST_PODS or any(one.cut for one in found)
    return Lines([line for one in found for line in one.lines], cut)


async def _of_pod(ctx: ProbeContext, name: str, most: int) -> Lines | Unread:
    limits = {"tailLines": str(most), "limitBytes": str(LIMIT_BYTES), "sinceSeconds": str(SINCE_SECONDS)}
    answer = await read(ctx, "pods", name, part="log", params=limits)
    if isinstance(answer, Unread):
        return answer
    lines, full = answer.text.splitlines(), len(answer.text.encode()) >= LIMIT_BYTES
    # The byte limit can cut the last line.
    return Lines(lines[:-1] if full else lines, full or len(lines) >= most)


async def _of_cloudwatch(group: str) -> Lines | Unread:
    found = await in_thread(lambda: watching.last_lines(group, SINCE_SECONDS, LINES))
    return Unread(found) if isinstance(found, str) else Lines(found, len(found) >= LINES)


def _sentence(found: Reading, consumers: list[tuple[str, int]]) -> str:
    if not found.lines:
        return "Our service logged nothing lately."
    kinds = [f"{count} {kind.replace('_', ' ')}" for kind, count in found.errors.most_common() if count]
    said = f"Of our service's last {found.lines} log lines {found.errors.total()} are errors"
    said += f" ({', '.join(kinds)})" if kinds else ""
    heavy = f"; most calls come from {consumers[0][0]} ({consumers[0][1]})" if consumers else ""
    return f"{said}{heavy}."

"""Our service on ECS, for service_workload and service_usage (ECS API: Service, Deployment, Task)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from responder.aws import cloudwatch, ecs
from responder.aws.clients import SHORT_TIMEOUT
from responder.clients.responses import listed, whole
from responder.contracts.probe import ProbeContext, in_thread
from responder.domain.platform_refused import PlatformRefused
from responder.probes.cluster import Unread
from responder.probes.workload_reading import RECENT, Workload

# Stops by a person or the scheduler are no trouble ("Stopped task error codes").
_FAILED = {"TaskFailedToStart", "EssentialContainerExited"}
_REASON = re.compile(r"[A-Z][A-Za-z]{2,39}")
_EVENTS = {
    re.compile(r"was unable to place a task"): "UnableToPlaceTask",
    re.compile(r"unhealthy|failed container health checks|failed ELB health checks"): "Unhealthy",
    re.compile(r"is unable to consistently start tasks"): "TasksDoNotStart",
}
_REVISION = re.compile(r":(\d{1,9})$")


async def read(ctx: ProbeContext) -> Workload | Unread:
    config = ctx.runbook.endpoints.service.platform.ecs
    try:
        service, tasks = await in_thread(lambda: (ecs.service(config, SHORT_TIMEOUT), ecs.tasks(config, SHORT_TIMEOUT)))
    except PlatformRefused as error:
        return Unread(str(error))
    return workload(service, tasks, ctx.now)


async def usage(ctx: ProbeContext) -> tuple[list[float], list[float]] | Unread | None:
    config = ctx.runbook.endpoints.service.platform.ecs
    found = await in_thread(lambda: cloudwatch.ecs_usage(config.cluster or "", config.service))
    if isinstance(found, str):
        return Unread(found)
    shares = [[found[name]] if name in found else [] for name in ("cpu", "memory")]
    return (shares[0], shares[1]) if found else None


def workload(service: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]], now: datetime) -> Workload:
    deployments = listed(service, "deployments")
    primary = next((one for one in deployments if one.get("status") == "PRIMARY"), {})
    unhealthy = [one for one in tasks if one.get("lastStatus") == "RUNNING" and one.get("healthStatus") == "UNHEALTHY"]
    created, revision = primary.get("createdAt"), _REVISION.search(str(primary.get("taskDefinition")))
    state = primary.get("rolloutState")
    return Workload(
        desired=whole(service, "desiredCount"),
        ready=max(0, whole(service, "runningCount") - len(unhealthy)),
        restarts=whole(primary, "failedTasks"),
        reasons=tuple(sorted({*_reasons(tasks, now), *_events(service, now), *(["Unhealthy"] if unhealthy else [])})),
        rollout_running=state == "IN_PROGRESS" or len(deployments) > 1,
        rollout_failed=state == "FAILED",
        revision=int(revision[1]) if revision else None,
        rolled_out_at=created if isinstance(created, datetime) else None,
    )


def _reasons(tasks: Sequence[Mapping[str, Any]], now: datetime) -> Iterator[str]:
    for task in tasks:
        stopped = task.get("stoppedAt")
        if task.get("lastStatus") != "STOPPED" or (isinstance(stopped, datetime) and now - stopped > RECENT):
            continue
        if task.get("stopCode") in _FAILED:
            yield str(task["stopCode"])
        for container in listed(task, "containers"):
            # Such as OutOfMemoryError or CannotPullContainerError, then a colon and details.
            word = str(container.get("reason") or "").partition(":")[0]
            if _REASON.fullmatch(word):
                yield word


def _events(service: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """ECS writes "has reached a steady state" when trouble ends: older events do not count."""
    for event in listed(service, "events"):
        message, at = str(event.get("message")), event.get("createdAt")
        if "has reached a steady state" in message:
            return
        if isinstance(at, datetime) and now - at > RECENT:
            return
        yield from (word for pattern, word in _EVENTS.items() if pattern.search(message))

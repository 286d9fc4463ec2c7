"""Checks our service: its endpoints and metrics, and whether the consumers can be restarted (by a dry run)."""

from collections.abc import Mapping

from checks.check import Check, Result, body_of, off, ok, unknown, wrong
from responder.actions.restart.consumers import NONE, of_each, restarters
from responder.actions.restart.http_hook import HookRestart
from responder.actions.restart.kubernetes import KubernetesRestart
from responder.actions.restart.progress import Restarter
from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import Response
from responder.clients.responses import refused
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo
from responder.domain.platform_refused import PlatformRefused

ADD_CONSUMER = "docs/tasks/add-consumer.md"
NO_DRY_RUN = "does not support dry run"


def _with_url(look: Check) -> Check:
    return lambda ctx: (
        look(ctx) if ctx.runbook.endpoints.service.base_url else off("not configured (endpoints.service.base_url)")
    )


def health(ctx: IncidentContext) -> Result:
    service = ctx.runbook.endpoints.service
    for path in (service.health_path, service.twinmind_health_path):
        found = body_of(ctx.http.call("GET", f"{service.base_url}{path}"), path, "correct endpoints.service")
        if isinstance(found, Result):
            return found
    return ok(f"{service.health_path} and {service.twinmind_health_path} answer")


def metrics(ctx: IncidentContext) -> Result:
    """One metric that counts calls is enough. Without any, the diagnosis sees no user impact (docs/metrics.md)."""
    service, names = ctx.runbook.endpoints.service, ctx.runbook.endpoints.service.metrics.names
    answer = ctx.http.call("GET", f"{service.base_url}{service.metrics_path}", headers={"Accept": ACCEPT})
    page = read_page(answer, names, 0.0)
    if isinstance(page, Unreadable) and not (isinstance(answer, Response) and answer.ok) and refused(answer).again:
        return unknown(f"{service.metrics_path}: {page.why}", "run the doctor again")
    if isinstance(page, Unreadable):
        return wrong(f"{service.metrics_path}: {page.why}", "correct endpoints.service.metrics_path")
    if page.faults:
        return wrong(
            "; ".join(page.faults[:3]), "correct the service's page of metrics, or endpoints.service.metrics.names"
        )
    missing = sorted(names.of_calls - page.present)
    if missing == sorted(names.of_calls):
        return wrong(
            f"none of {', '.join(missing)} is there", "correct endpoints.service.metrics.names, docs/metrics.md"
        )
    return ok(f"{len(page.present)} of our metrics are there" + (f"; not yet: {', '.join(missing)}" if missing else ""))


def consumers(ctx: IncidentContext) -> Result:
    """Plans the restart of each consumer and, if the platform has dry runs, makes one."""
    found = restarters(ctx)
    if not found and ctx.runbook.endpoints.service.platform.kind == "none":
        return off("nothing restarts (endpoints.service.platform.kind: none, and no endpoints.consumers)")
    return _worst(of_each(lambda one: _consumer(ctx, one), found)) if found else wrong(NONE, ADD_CONSUMER)


def _consumer(ctx: IncidentContext, one: Restarter) -> Result:
    if isinstance(one, HookRestart):
        todo = f"in a quiet hour: curl -X POST {one.label}, with the token in the header Authorization if it wants one"
        return unknown(f"{one.label} is named; calling it would restart", todo)
    try:
        planned = one.plan(ctx)
        if isinstance(planned, NothingToDo):
            return wrong(planned.text, ADD_CONSUMER)
        if not isinstance(one, KubernetesRestart):
            return ok(f"{one.label} can be read; it has no dry run")
        one.dry_run(ctx)
    except PlatformRefused as error:
        return _refused(error, f"correct endpoints.service.platform and endpoints.consumers, {ADD_CONSUMER}")
    return ok(f"{one.label} can be read and restarted (dry run)")


def _worst(results: Mapping[str, Result]) -> Result:
    """One result for all consumers: the worst outcome and all texts."""
    worst = min(results.values(), key=lambda one: ("wrong", "unknown", "ok").index(one.outcome))
    return Result(worst.outcome, "; ".join(one.text for one in results.values()), worst.todo)


def _refused(error: PlatformRefused, todo: str) -> Result:
    """If an admission webhook cannot take a dry run, that proves nothing (Kubernetes, "API Concepts", dry run)."""
    if NO_DRY_RUN in str(error):
        return unknown(str(error), "look at that webhook's sideEffects, or restart once by hand")
    return unknown(str(error), "run the doctor again") if error.passes else wrong(str(error), todo)


def external_secret(ctx: IncidentContext) -> Result:
    """Checks the ExternalSecret of each Deployment that has one."""
    found = of_each(
        lambda one: _refresh(ctx, one), [one for one in restarters(ctx) if isinstance(one, KubernetesRestart)]
    )
    refreshed = {label: result for label, result in found.items() if result.outcome != "off"}
    return _worst(refreshed) if refreshed else off("not configured (external_secret of a Deployment)")


def _refresh(ctx: IncidentContext, one: KubernetesRestart) -> Result:
    try:
        read = one.refresh_dry_run(ctx)
        if read is None:
            return off("")
        never = one.obstacle(ctx)
    except PlatformRefused as error:
        return _refused(error, "install or raise the operator, or correct external_secret")
    return wrong(never, "set its refreshPolicy and refreshInterval") if never else ok(read)


CHECKS: dict[str, Check] = {
    "service health": _with_url(health),
    "service metrics": _with_url(metrics),
    "consumers": consumers,
    "ExternalSecret": external_secret,
}

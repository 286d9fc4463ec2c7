"""Our own service: its endpoints and metrics, and whether its consumers can be read and restarted (a dry run)."""

from checks.check import Check, Result, body_of, off, ok, unknown, wrong
from responder.actions.kubernetes_objects import open_cluster
from responder.actions.restart.kubernetes import KubernetesRestart, restart_patch, sync_patch
from responder.actions.restart.synced_secret import never_refreshes
from responder.aws import ecs
from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import Response
from responder.clients.responses import refused
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo
from responder.domain.clock import iso, now
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
    """Of what counts calls one is enough; without any the diagnosis sees no impact on users (docs/metrics.md)."""
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
    service = ctx.runbook.endpoints.service
    kind = service.platform.kind
    try:
        if kind == "kubernetes":
            return _in_kubernetes(ctx)
        if kind == "ecs":
            found = ecs.service(service.platform.ecs)
            return ok(f"{found.get('runningCount')} tasks of {service.platform.ecs.service}; ECS has no dry run")
    except PlatformRefused as error:
        return _refused(error, f"correct endpoints.service.platform, {ADD_CONSUMER}")
    if kind == "http":
        has_hook = service.base_url and service.restart_hook_path
        return (
            unknown("a hook is named; calling it would restart", "send a test incident")
            if has_hook
            else wrong("no restart_hook_path, so people must restart the service", ADD_CONSUMER)
        )
    return off("nothing restarts (endpoints.service.platform.kind: none)")


def _in_kubernetes(ctx: IncidentContext) -> Result:
    config = ctx.runbook.endpoints.service.platform.kubernetes
    planned = KubernetesRestart().plan(ctx)
    if isinstance(planned, NothingToDo):
        return wrong(planned.text, ADD_CONSUMER)
    with open_cluster(ctx) as cluster:
        cluster.change("deployments", config.deployment, restart_patch(iso(now())), dry_run=True)
    return ok(f"Deployment {config.namespace}/{config.deployment} can be read and restarted (dry run)")


def _refused(error: PlatformRefused, todo: str) -> Result:
    """A webhook that cannot take a dry run says nothing about a real patch (Kubernetes, "API Concepts", dry run)."""
    if NO_DRY_RUN in str(error):
        return unknown(str(error), "look at that webhook's sideEffects, or send a test incident")
    return unknown(str(error), "run the doctor again") if error.passes else wrong(str(error), todo)


def external_secret(ctx: IncidentContext) -> Result:
    config = ctx.runbook.endpoints.service.platform.kubernetes
    if ctx.runbook.endpoints.service.platform.kind != "kubernetes" or config.external_secret is None:
        return off("not configured (endpoints.service.platform.kubernetes.external_secret)")
    try:
        with open_cluster(ctx) as cluster:
            found = cluster.get("externalsecrets", config.external_secret)
            refresh = sync_patch(iso(now()))
            cluster.change("externalsecrets", config.external_secret, refresh, "merge", dry_run=True)
    except PlatformRefused as error:
        return _refused(error, "it is read as external-secrets.io/v1: raise the operator, or correct the name")
    if never := never_refreshes(found):
        return wrong(f"{config.external_secret} never refreshes: {never}", "set its refreshPolicy and refreshInterval")
    return ok(f"{config.external_secret} is read as {found.get('apiVersion', 'external-secrets.io/v1')}")


CHECKS: dict[str, Check] = {
    "service health": _with_url(health),
    "service metrics": _with_url(metrics),
    "consumers": consumers,
    "ExternalSecret": external_secret,
}

"""Restart by the service's own HTTP hook; the start time in its metrics, if any, shows the effect."""

from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.restart.progress import MayWrite, RestartInProgress, Step, keep
from responder.aws.secrets import SecretUnreadable
from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import NoAnswer, Response
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import now

HOOK_TIMEOUT_SECONDS = 10.0
PROBE_TIMEOUT_SECONDS = 2.0
CREDENTIAL = "service_restart"  # in the vendor credentials, optional: a bearer token for the hook
CLOCKS_APART_SECONDS = 5.0
SEEN_WITHIN = timedelta(seconds=30)  # how long a service may take from the order to its new process


class HookRestart:
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        service = ctx.runbook.endpoints.service
        hook = service.restart_hook_path
        if not (service.base_url and hook):
            return NothingToDo(
                outcome="not_configured", text="No restart hook is configured; people restart the service."
            )
        return Plan(
            action="restart",
            sentence=f"Restart the service by POST {hook}, so that it loads the current key.",
            effect="The service's process is replaced; what it was doing at that moment may fail.",
            undo=ACTIONS["restart"].undo,
            changes={f"POST {hook}": {"before": "the process that runs", "after": "a new process"}},
        )

    def baseline(self, ctx: IncidentContext) -> str:
        started = _started(ctx)
        return "" if started is None else str(started)

    def go_on(self, ctx: IncidentContext, in_progress: RestartInProgress, may_write: MayWrite) -> Step:
        """Behind one address there may be several processes: the first one that is younger than the order counts."""
        youngest_old = max(float(in_progress.baseline or 0), in_progress.at.timestamp() - CLOCKS_APART_SECONDS)
        if in_progress.baseline and (_started(ctx) or 0.0) > youngest_old:
            return Step("restarted", "The service has restarted: its process started after the order.")
        if in_progress.begun:
            return Step("under_way", "The service took the order to restart, and its process is still the old one.")
        # An earlier try may have died right after its order: a second order would restart the service once more.
        if in_progress.baseline and in_progress.ordering_since and now() - in_progress.ordering_since < SEEN_WITHIN:
            return Step("under_way", "The order to restart may have been given a moment ago; the process is watched.")
        objection = may_write()
        return Step("stopped", f"The service is not restarted: {objection}.") if objection else _order(ctx, in_progress)


def _order(ctx: IncidentContext, in_progress: RestartInProgress) -> Step:
    service = ctx.runbook.endpoints.service
    try:
        token = ctx.credentials.of(CREDENTIAL)
    except SecretUnreadable as error:
        return Step("failed", f"The vendor credentials, which may hold one for the hook, cannot be read: {error}.")
    headers = {"Authorization": f"Bearer {token}"} if token else None
    in_progress = keep(ctx, in_progress.model_copy(update={"ordering_since": now()}))
    url = f"{service.base_url}{service.restart_hook_path}"
    answer = ctx.http.call("POST", url, headers=headers, timeout=HOOK_TIMEOUT_SECONDS)
    if isinstance(answer, Response) and not answer.ok:
        return Step("failed", f"The restart hook answered {answer.status}.")
    if isinstance(answer, NoAnswer) and not (in_progress.baseline and answer.kind in ("timeout", "refused")):
        return Step("failed", f"The restart hook gave no answer: {answer.sentence}.")
    # Without an answer the order may still have arrived; the start time shows it.
    keep(ctx, in_progress.model_copy(update={"begun": True}))
    if isinstance(answer, NoAnswer):
        return Step("under_way", f"The restart hook gave no answer ({answer.sentence}); its process is watched.")
    if not in_progress.baseline:
        return Step("restarted", f"The service was told to restart ({answer.status}).")
    return Step("under_way", f"The service was told to restart ({answer.status}).")


def _started(ctx: IncidentContext) -> float | None:
    """Unix seconds; None where the service shows none."""
    service = ctx.runbook.endpoints.service
    url = f"{service.base_url}{service.metrics_path}"
    answer = ctx.http.call("GET", url, headers={"Accept": ACCEPT}, timeout=PROBE_TIMEOUT_SECONDS)
    page = read_page(answer, service.metrics.names, 0.0)
    return None if isinstance(page, Unreadable) else page.process

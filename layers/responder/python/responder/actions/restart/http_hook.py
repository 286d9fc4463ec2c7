"""Restarts a consumer by its own HTTP hook. The start time in its metrics, if it has one, shows the effect."""

from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.restart.progress import ConsumerRestart, MayWrite, Restarter, RestartStep, keep
from responder.aws.secrets import SecretUnreadable
from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import NoAnswer, Response
from responder.config.consumers import HookConsumer
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import now

HOOK_TIMEOUT_SECONDS = 10.0
PROBE_TIMEOUT_SECONDS = 2.0
CREDENTIAL = "service_restart"  # in the vendor credentials, optional: a bearer token for the hook
CLOCKS_APART_SECONDS = 5.0
SEEN_WITHIN = timedelta(seconds=30)  # how long a service may take from the order to its new process


class HookRestart(Restarter):
    _config: HookConsumer

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        hook = self._config.restart_hook_path
        named = self._named(ctx)
        return Plan(
            action="restart",
            sentence=f"Restart {named[:1].lower()}{named[1:]} by POST {hook}, so that it loads the current key.",
            effect="Its process is replaced; what it was doing at that moment may fail.",
            undo=ACTIONS["restart"].undo,
            changes={f"POST {self.label}": {"before": "the process that runs", "after": "a new process"}},
        )

    def baseline(self, ctx: IncidentContext) -> str:
        started = self._started(ctx)
        return "" if started is None else str(started)

    def go_on(self, ctx: IncidentContext, own: ConsumerRestart, may_write: MayWrite) -> RestartStep:
        """Several processes may share one address: the restart is done when one of them started after the order."""
        youngest_old = max(float(own.baseline or 0), own.at.timestamp() - CLOCKS_APART_SECONDS)
        if own.baseline and (self._started(ctx) or 0.0) > youngest_old:
            return RestartStep("restarted", f"{self._named(ctx)} has restarted: its process is new.")
        if own.begun:
            text = f"{self._named(ctx)} took the order to restart, and its process is still the old one."
            return RestartStep("under_way", text)
        # An earlier try may have died right after its order. A second order would restart the service once more.
        if own.baseline and own.ordering_since and now() - own.ordering_since < SEEN_WITHIN:
            text = "The order to restart may have been given a moment ago; the process is watched."
            return RestartStep("under_way", text)
        if objection := may_write():
            return RestartStep("stopped", f"{self._named(ctx)} is not restarted: {objection}.")
        return self._order(ctx, own)

    def _named(self, ctx: IncidentContext) -> str:
        return "The service" if self._config.base_url == ctx.runbook.endpoints.service.base_url else self.label

    def _order(self, ctx: IncidentContext, own: ConsumerRestart) -> RestartStep:
        try:
            token = ctx.credentials.of(CREDENTIAL)
        except SecretUnreadable as error:
            text = f"The vendor credentials, which may hold one for the hook, cannot be read: {error}."
            return RestartStep("failed", text)
        headers = {"Authorization": f"Bearer {token}"} if token else None
        own = keep(ctx, own.model_copy(update={"ordering_since": now()}))
        answer = ctx.http.call("POST", self.label, headers=headers, timeout=HOOK_TIMEOUT_SECONDS)
        if isinstance(answer, Response) and not answer.ok:
            return RestartStep("failed", f"The restart hook answered {answer.status}.")
        if isinstance(answer, NoAnswer) and not (own.baseline and answer.kind in ("timeout", "refused")):
            return RestartStep("failed", f"The restart hook gave no answer: {answer.sentence}.")
        # The order may have arrived although no answer came. The start time shows whether it did.
        keep(ctx, own.model_copy(update={"begun": True}))
        if isinstance(answer, NoAnswer):
            text = f"The restart hook gave no answer ({answer.sentence}); its process is watched."
            return RestartStep("under_way", text)
        text = f"{self._named(ctx)} was told to restart ({answer.status})."
        return RestartStep("under_way" if own.baseline else "restarted", text)

    def _started(self, ctx: IncidentContext) -> float | None:
        """When its process started, in Unix seconds; None if the consumer does not show it."""
        if self._config.metrics_path is None:
            return None
        url = f"{self._config.base_url}{self._config.metrics_path}"
        answer = ctx.http.call("GET", url, headers={"Accept": ACCEPT}, timeout=PROBE_TIMEOUT_SECONDS)
        page = read_page(answer, ctx.runbook.endpoints.service.metrics.names, 0.0)
        return None if isinstance(page, Unreadable) else page.process

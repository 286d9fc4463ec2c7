"""Restarts the service by its HTTP hook, so that it loads the current key (S-46, S-90)."""

from collections.abc import Mapping
from typing import Any

from responder.actions import ACTIONS
from responder.actions.gate import allowed, spend
from responder.adapters.desk import Desk
from responder.adapters.http import NoAnswer
from responder.clock import now
from responder.incident import Settled
from responder.words import Mode

Outcome = dict[str, str | None]
HOOK_TIMEOUT_SECONDS = 10.0


def restart(desk: Desk, event: Mapping[str, Any]) -> Outcome:
    """→ restarted | observed | not_allowed | not_configured | failed, as `{"outcome", "text"}`."""
    use = _use(desk, event)
    url = _hook(desk)
    if url is None:
        return _tell(desk, use, "not_configured", "No restart hook is configured; people restart the service.")
    hook = desk.runbook.endpoints.service.restart_hook_path
    plan = f"Restart the service by POST {hook}, so that it loads the current key. Undo: {ACTIONS['restart'].undo}."
    permission = allowed(desk, "restart", use=use)
    if permission.observes:
        text = f"Only observing ({permission.why}). Would do: {plan}"
        return _tell(desk, use, "observed", text, plan=plan, mode=permission.mode)
    if not permission.granted:
        return _tell(desk, use, "not_allowed", f"The service is not restarted: {permission.why}.", plan=plan)
    if not spend(desk, "restart", use):
        return _tell(desk, use, "not_allowed", "Another incident used the restarts up at this moment.", plan=plan)
    desk.tell("action_planned", plan, key=f"restart-{use}-plan", action="restart")
    answer = desk.http.call("POST", url, timeout=HOOK_TIMEOUT_SECONDS)
    if isinstance(answer, NoAnswer):
        return _tell(desk, use, "failed", f"The restart hook gave no answer: {answer.sentence}.", plan=plan)
    if not answer.ok:
        return _tell(desk, use, "failed", f"The restart hook answered {answer.status}.", plan=plan)
    return _tell(desk, use, "restarted", f"The service was told to restart ({answer.status}).", plan=plan)


def _hook(desk: Desk) -> str | None:
    service = desk.runbook.endpoints.service
    return f"{service.base_url}{service.restart_hook_path}" if service.base_url and service.restart_hook_path else None


def _use(desk: Desk, event: Mapping[str, Any]) -> str:
    """One restart per generation, round of evidence and state of the rotation, however often its step is repeated."""
    last = desk.table.mark(f"{desk.runbook.integration}:rotation:last") or {}
    rotated = f"{last['version_id']}{'-restored' * bool(last['restored'])}" if last else "-"
    return f"{desk.generation}-{event.get('turn', desk.incident.evidence_round or 0)}-{rotated}"


def _tell(
    desk: Desk,
    use: str,
    outcome: str,
    text: str,
    *,
    plan: str = "Restart the service.",
    mode: Mode = Mode.AUTO,
) -> Outcome:
    desk.tell("action_outcome", text, key=f"restart-{use}-{outcome}", action="restart", outcome=outcome)
    settled = Settled(name="restart", mode=mode.value, plan=plan, outcome=outcome, at=now(), data={"text": text})
    desk.table.keep_action(desk.incident.id, f"restart-{use}", settled)
    return {"outcome": outcome, "text": text}

"""Restarts all consumers at once, so that they load the current key (S-46, S-90), and follows the restart."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Any

from responder.actions import ACTIONS
from responder.actions.gate import Permission, allowed, take
from responder.actions.last_rotation import last_rotation
from responder.actions.restart.consumers import NONE, baselines, of_each, plan_all, restarters, together
from responder.actions.restart.progress import (
    ConsumerRestart,
    LastRestart,
    Restarter,
    RestartInProgress,
    RestartStep,
    begin,
    keep,
    keep_last,
    last_of_another,
    restart_of_another,
    stored,
    stored_part,
)
from responder.approvals.request import request_approval
from responder.aws.lease import leased
from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.action import Plan, StateOutput
from responder.domain.clock import now
from responder.domain.platform_refused import PlatformRefused

PAUSE_SECONDS = 1.0
# How long one call follows the restart before it answers `under_way`. Then the workflow waits and calls again.
# The second is for `waiting`, when the order is not given yet: a given order is carried out even if nobody calls again.
LOOK_SECONDS = 8.0
ORDER_SECONDS = 25.0


def restart(ctx: IncidentContext, event: Mapping[str, Any]) -> StateOutput:
    """→ restarted | under_way | needs_approval | needs_people | observed | declined | expired | not_allowed |
    not_configured | failed | timed_out, as `{"outcome", "text"}`.

    A repeat goes on with the same restart. Another incident's restart counts too if it ended after this incident saw
    the service fail.
    """
    use = _use(ctx, event)
    in_progress = stored(ctx)
    if in_progress is not None and (in_progress.use == use or _is_left_under_way(ctx, in_progress)):
        return _follow(ctx, in_progress)
    # If two incidents come here at once, the second waits for the lease and then finds the first one's restart.
    with leased(ctx.table, f"{ctx.runbook.integration}:restart:order", by=ctx.incident.id):
        begun = _begun(ctx, use)
    return _follow(ctx, begun) if isinstance(begun, RestartInProgress) else begun


def _begun(ctx: IncidentContext, use: str) -> RestartInProgress | StateOutput:
    if last := restart_of_another(ctx, _rotated(ctx)):
        return _with_restart_of_another(ctx, use, last)
    plan, left = plan_all(ctx)
    if plan is None:
        return _end(ctx, use, *(together(left) if left else ("not_configured", NONE)))
    permission = allowed(ctx, "restart", use=use, plan=plan)
    if not permission.granted:
        return _refused(ctx, use, plan, permission)
    if not take(ctx, "restart", permission, use=use, plan=plan):
        text = "Another act used the restarts or the approval up at this moment."
        return _end(ctx, use, "not_allowed", text, plan=plan, mode=permission.mode)
    ctx.record("action_planned", plan.with_undo, key=f"restart-{use}-plan", action="restart")
    in_progress = begin(ctx, use, plan, permission.mode, baselines(ctx, left), left)
    keep_last(ctx, in_progress, _rotated(ctx))
    return in_progress


def _with_restart_of_another(ctx: IncidentContext, use: str, last: LastRestart) -> StateOutput:
    if last.ended_at is None:
        text = f"Incident {last.incident_id} is restarting the service; this one waits for that restart."
        ctx.record("action_progress", text, key=f"restart-{use}-waits", action="restart")
        return {"outcome": "under_way", "text": text}
    text = f"The service was restarted for incident {last.incident_id} at {last.ended_at:%H:%M:%S} UTC, after it was "
    text += "seen failing here; it is not restarted again, only looked at."
    ctx.record("action_outcome", text, key=f"restart-{use}-already_done", action="restart", outcome="already_done")
    return {"outcome": "restarted", "text": text}


def _refused(ctx: IncidentContext, use: str, plan: Plan, permission: Permission) -> StateOutput:
    if permission.observes:
        text = f"Only observing ({permission.why}). Would do: {plan.with_undo}"
        return _end(ctx, use, "observed", text, plan=plan, mode=permission.mode)
    if permission.needs_approval:
        request_approval(ctx, plan, use)
        return {"outcome": "needs_approval", "text": f"Asked: {plan.sentence}"}
    text = f"The service is not restarted: {permission.why}."
    return _end(ctx, use, permission.outcome, text, plan=plan, mode=permission.mode)


def follow(ctx: IncidentContext, event: Mapping[str, Any]) -> StateOutput:
    """→ as `restart`. Follows this incident's last restart, or another incident's for which it waits.

    If the other incident's restart failed, this incident restarts the service itself.
    """
    in_progress = stored(ctx)
    if (in_progress is None or _has_ended(ctx, in_progress)) and last_of_another(ctx):
        return restart(ctx, event)
    if in_progress is None:
        return {"outcome": "failed", "text": "No restart of this incident is known, so there is none to follow."}
    return _follow(ctx, in_progress)


def _follow(ctx: IncidentContext, in_progress: RestartInProgress) -> StateOutput:
    end = partial(_end, ctx, in_progress.use, plan=in_progress.plan, mode=in_progress.mode)
    consumers = restarters(ctx)  # the pinned runbook lists the same ones as at the beginning
    began = time.monotonic()
    while True:
        steps = of_each(lambda one: _go_on(ctx, one, in_progress), consumers) or {"": RestartStep("failed", NONE)}
        outcome, text = together(steps)
        waits = {step.outcome for step in steps.values()} & {"under_way", "waiting"}
        if not waits:
            if not _has_ended(ctx, in_progress):
                keep_last(ctx, in_progress, _rotated(ctx), ended=outcome)
            return end(outcome, text)
        if now() >= in_progress.deadline:
            seconds = (in_progress.deadline - in_progress.at).total_seconds()
            return end("timed_out", f"The restart did not end within {seconds:.0f} s: {text[:1].lower()}{text[1:]}")
        _keep_ended(ctx, in_progress, steps)
        if time.monotonic() - began >= (ORDER_SECONDS if "waiting" in waits else LOOK_SECONDS):
            ctx.record("action_progress", text, key=f"restart-{in_progress.use}-{text}", action="restart")
            return {"outcome": "under_way", "text": text}
        time.sleep(PAUSE_SECONDS)


def _go_on(ctx: IncidentContext, one: Restarter, in_progress: RestartInProgress) -> RestartStep:
    # It is read again, because a try that was cut off may have made a write.
    own = _part(ctx, one.label, in_progress)
    if own.ended:
        return RestartStep(*own.ended)
    try:
        return one.go_on(ctx, own, lambda: _objection(ctx, in_progress))
    except PlatformRefused as error:
        # After a refusal that may pass we try again until the deadline. A 403 does not pass.
        text = f"The restart of {one.label} is held up: {error}."
        return RestartStep("under_way" if error.passes else "failed", text)


def _part(ctx: IncidentContext, label: str, in_progress: RestartInProgress) -> ConsumerRestart:
    return stored_part(ctx, label) or ConsumerRestart(label=label, at=in_progress.at)


def _keep_ended(ctx: IncidentContext, in_progress: RestartInProgress, steps: Mapping[str, RestartStep]) -> None:
    """Stores which consumers have ended while others are under way. Else a hook that failed would be called again."""
    for label, step in steps.items():
        if step.outcome not in ("under_way", "waiting"):
            own = _part(ctx, label, in_progress)
            if own.ended is None:
                keep(ctx, own.model_copy(update={"ended": (step.outcome, step.text)}))


def _objection(ctx: IncidentContext, in_progress: RestartInProgress) -> str | None:
    """Asks the gate again: a restart takes minutes, and people may throw the stop switch or resolve the alert."""
    permission = allowed(ctx, "restart", use=in_progress.use, plan=in_progress.plan)
    return None if permission.granted else permission.why


def _is_left_under_way(ctx: IncidentContext, in_progress: RestartInProgress) -> bool:
    """Whether an earlier execution left this restart under way. The next one follows it, unless the key has changed."""
    return (
        not _has_ended(ctx, in_progress)
        and now() < in_progress.deadline
        and in_progress.use.endswith(f"-{_rotated(ctx)}")
    )


def _has_ended(ctx: IncidentContext, in_progress: RestartInProgress) -> bool:
    return ctx.table.action(ctx.incident.id, f"restart-{in_progress.use}") is not None


def _use(ctx: IncidentContext, event: Mapping[str, Any]) -> str:
    """The restart's name: one restart for each execution, probe run and rotation, also if the step is repeated."""
    return f"{ctx.execution_number}-{event.get('turn', ctx.incident.evidence_run or 0)}-{_rotated(ctx)}"


def _rotated(ctx: IncidentContext) -> str:
    last = last_rotation(ctx)
    return f"{last.version_id}{'-restored' * last.restored}" if last else "-"


def _end(
    ctx: IncidentContext, use: str, outcome: str, text: str, *, plan: Plan | None = None, mode: Mode = Mode.AUTO
) -> StateOutput:
    ctx.record("action_outcome", text, key=f"restart-{use}-{outcome}", action="restart", outcome=outcome)
    meant = plan.with_undo if plan else f"Restart the service. Undo: {ACTIONS['restart'].undo}."
    ctx.keep_action(f"restart-{use}", "restart", mode, meant, outcome, {"text": text})
    return {"outcome": outcome, "text": text}

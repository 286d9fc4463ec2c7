"""At an incident's end: reverts its overrides, latest first, and tells people of those that could not be reverted."""

from responder.actions import runnable_action
from responder.actions.gate import may_revert
from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.action import ActionResult
from responder.domain.clock import now
from responder.domain.incident import ActionRecord, Incident
from responder.notify import notify_people


def revert_overrides(ctx: IncidentContext) -> dict[str, str]:
    """→ `{"outcome", "text"}`: undone, kept (people changed a setting since, or other incidents hold it) or failed.

    Each undo reads first, so a repeat does nothing twice. What failed stays on the incident and is tried again. If it
    still fails in the end, the audit tells people.
    """
    results = [(action, _revert(ctx, action)) for action in reversed(ctx.incident.switched)]
    left = tuple(action for action, done in reversed(results) if done.outcome == "failed")
    ctx.table.edit(ctx.incident.id, lambda present: _with_reverted(present, left))
    outcomes = {done.outcome for _, done in results}
    outcome = next((one for one in ("failed", "kept") if one in outcomes), "undone")
    text = " ".join(done.text for _, done in results) or "Nothing was switched."
    if outcome != "undone":
        key = f"switch-back-{ctx.execution_number}-{outcome}-{'-'.join(left)}"
        notify_people(ctx, key=key, text=f"Incident {ctx.incident.id}: {text}")
    return {"outcome": outcome, "text": text}


def _revert(ctx: IncidentContext, action: str) -> ActionResult:
    permission = may_revert(ctx, action)
    newest = _newest_record(ctx, action)
    if not permission.granted:
        done = ActionResult("failed", f"Not switched back ({action}): {permission.why}.")
    else:
        done = runnable_action(action).undo(ctx, newest)
    key = f"{action}-back-{ctx.execution_number}-{int(newest.at.timestamp())}-{done.outcome}"
    ctx.record("action_outcome", done.text, key=key, action=action, outcome=done.outcome, **done.data)
    key = f"{action}-back-{int(newest.at.timestamp())}"
    plan, data = f"Give back what {action} switched.", {"text": done.text, **done.data}
    ctx.keep_action(key, action, permission.mode, plan, done.outcome, data)
    return done


def _newest_record(ctx: IncidentContext, action: str) -> ActionRecord:
    """The action's newest record. An action without one was cut off before it wrote; its undo finds nothing to do."""
    done = [one for one in ctx.table.actions(ctx.incident.id) if one.name == action and "plan_hash" in one.data]
    unknown = ActionRecord(
        name=action, mode=Mode.AUTO.value, plan=action, outcome="applying", at=ctx.incident.started_at
    )
    return max(done, key=lambda one: one.at, default=unknown)


def _with_reverted(present: Incident, left: tuple[str, ...]) -> Incident:
    failures = present.revert_failures + 1 if left else 0
    changes = {"switched": left, "reverted_at": now(), "revert_failures": failures}
    return present.model_copy(update=changes)

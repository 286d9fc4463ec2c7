"""The common runner of actions. Each of its operations reads before it writes, and can be repeated.

It makes a plan, writes it to the timeline, applies it, verifies the effect and records the outcome. While one action
waits for people's approval, the rest of the playbook goes on.
"""

from responder.actions import ACTIONS, PLAYBOOKS, runnable_action
from responder.actions.gate import Permission, allowed, take
from responder.actions.run_log import LONGEST_LOOK, RunLog, plan_of
from responder.approvals.request import request_approval
from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan, StateOutput
from responder.domain.clock import now
from responder.domain.incident import Incident

# Outcomes after which an action is not tried again in this run of the playbook.
BAD = frozenset({"not_allowed", "observed", "declined", "expired", "failed", "not_verified", "not_configured"})
ENDED = BAD | {"verified"}


def plan_next(ctx: IncidentContext) -> StateOutput:
    """→ `next`: apply (`action` with `plan_hash`), task (ask people: `task` is its name), done, or hand_over.

    It skips actions that wait for an approval, and those that have ended in this run.
    """
    run_log = RunLog(ctx)
    bad = []
    for action in _playbook(ctx):
        begun = run_log.find(action)
        if begun and begun.outcome == "applied":
            return _answer("apply", action, plan_hash=plan_of(begun).hash)
        if begun and begun.outcome in ENDED:
            bad += [action] if begun.outcome in BAD else []
            continue
        planned = runnable_action(action).plan(ctx)
        if isinstance(planned, NothingToDo):
            if begun and begun.outcome == "applying":  # cut off after its write: applying again shows that it is done
                return _answer("apply", action, plan_hash=plan_of(begun).hash)
            run_log.record_nothing(action, planned)
            bad += [action] if planned.outcome in BAD else []
            continue
        permission = allowed(ctx, action, use=run_log.use, plan=planned)
        if not permission.needs_approval:
            return _answer("apply", action, plan_hash=planned.hash, text=planned.sentence)
        task = request_approval(ctx, planned, run_log.use)
        run_log.record_request(planned)
        if task.told_at is None:
            return _answer("task", action, plan_hash=planned.hash, text=planned.sentence, task=task.name)
    text = f"Left to people: {', '.join(bad)}." if bad else "Nothing of the playbook is left to do."
    return _answer("hand_over" if bad else "done", None, text=text)


def apply(ctx: IncidentContext, action: str) -> StateOutput:
    """→ `outcome`: applied, one of ENDED, or planned_anew if the approved plan no longer fits.

    The plan is made again here, so that the gate and the timeline have exactly what is done.
    """
    run_log = RunLog(ctx)
    begun = run_log.find(action)
    if begun and begun.outcome in (*ENDED, "applied"):
        return _outcome(action, begun.outcome, "Done before.")
    planned = runnable_action(action).plan(ctx)
    if isinstance(planned, NothingToDo):
        if begun and begun.outcome == "applying" and planned.outcome == "not_needed":  # cut off after its write
            run_log.record_outcome(plan_of(begun), "applied", planned.text)
            return _outcome(action, "applied", planned.text)
        run_log.record_nothing(action, planned)
        return _outcome(action, planned.outcome, planned.text)
    permission = allowed(ctx, action, use=run_log.use, plan=planned)
    if permission.needs_approval:
        return _outcome(action, "planned_anew", permission.why)
    return _refuse(run_log, planned, permission) or _carry_out(run_log, planned, permission.mode)


def _refuse(run_log: RunLog, plan: Plan, permission: Permission) -> StateOutput | None:
    if permission.observes:
        text = f"Only observing ({permission.why}). Would do: {plan.with_undo}"
        run_log.record_outcome(plan, "observed", text, mode=permission.mode)
        return _outcome(plan.action, "observed", text)
    if permission.granted and take(run_log.ctx, plan.action, permission, use=run_log.use, plan=plan):
        return None
    why = "another act used the budget or the approval up at this moment" if permission.granted else permission.why
    outcome = "not_allowed" if permission.granted else permission.outcome
    text = f"Not done ({plan.action}): {why}. It would have been: {plan.sentence}"
    run_log.record_outcome(plan, outcome, text, mode=permission.mode)
    return _outcome(plan.action, outcome, text)


def _carry_out(run_log: RunLog, plan: Plan, mode: Mode) -> StateOutput:
    ctx, action = run_log.ctx, plan.action
    run_log.record_plan(plan, mode)
    if ACTIONS[action].is_reverted:
        # Stored before the write: otherwise only the audit would know what must be set back.
        ctx.table.edit(ctx.incident.id, lambda present: _with_switched(present, action))
    done = runnable_action(action).apply(ctx, plan)
    run_log.record_outcome(plan, done.outcome, done.text, mode=mode, result=done)
    return _outcome(action, done.outcome, done.text)


def _with_switched(present: Incident, action: str) -> Incident:
    switched = (*(name for name in present.switched if name != action), action)
    return present.model_copy(update={"switched": switched, "revert_failures": 0})


def verify(ctx: IncidentContext, action: str) -> StateOutput:
    """→ `outcome`: verified, under_way (try again) or not_verified. Only a seen effect counts, not a call's answer."""
    run_log = RunLog(ctx)
    begun = run_log.get(action)
    if begun.outcome in ENDED:
        return _outcome(action, begun.outcome, "Verified before.")
    plan = plan_of(begun)
    done = runnable_action(action).verify(ctx, plan)
    if done.outcome == "under_way":
        if now() < begun.at + LONGEST_LOOK:
            return _outcome(action, "under_way", done.text)
        done = ActionResult("not_verified", f"No effect was seen in time. {done.text}")
    run_log.record_outcome(plan, done.outcome, done.text, mode=Mode(begun.mode), result=done)
    return _outcome(action, done.outcome, done.text)


def _playbook(ctx: IncidentContext) -> list[str]:
    cause = ctx.incident.cause
    return [action for action in PLAYBOOKS.get(cause, ()) if ACTIONS[action].is_runnable] if cause else []


def _answer(
    following: str, action: str | None, *, plan_hash: str | None = None, text: str = "", task: str | None = None
) -> StateOutput:
    # `then`: after the task the machine goes back to the playbook.
    return {"next": following, "action": action, "plan_hash": plan_hash, "task": task, "then": "act", "text": text}


def _outcome(action: str, outcome: str, text: str) -> StateOutput:
    return {"outcome": outcome, "action": action, "text": text}

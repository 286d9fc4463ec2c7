"""The one gate that every action passes: cause, upstream state, modes, stop switch, approval, cooldown and budgets."""

from typing import Literal, NamedTuple

from responder.actions import ACTIONS
from responder.actions.budgets import spend, used_up
from responder.approvals.modes import lowered_modes
from responder.approvals.request import latest_task, use_up
from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.action import Plan
from responder.domain.alert import UpstreamStatus
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.integrations.pagers import status_now

# Nothing is changed on a guess (docs/architecture.md#rule-4), whatever an action's own list says.
_GUESSES = (Cause.UNKNOWN, Cause.NO_FAULT)

PermissionOutcome = Literal["granted", "observed", "needs_approval", "declined", "expired", "not_allowed"]


class Permission(NamedTuple):
    """`granted`: do the action. `observes`: write nothing, and say what would be done. `needs_approval`: ask people
    (approvals.request), and do nothing until they have decided. Else: do nothing; `why` says why.
    """

    outcome: PermissionOutcome
    why: str
    mode: Mode = Mode.AUTO

    @property
    def granted(self) -> bool:
        return self.outcome == "granted"

    @property
    def observes(self) -> bool:
        return self.outcome == "observed"

    @property
    def needs_approval(self) -> bool:
        return self.outcome == "needs_approval"


def allowed(
    ctx: IncidentContext, action: str, *, use: str = "", plan: Plan | None = None, doubt: str = ""
) -> Permission:
    """Whether `action` may be done now. Everything that can have changed is read again.

    `use` names this one act, so that its repeat is not refused. `plan` is exactly what would be done: in mode approve,
    only a plan that a person has approved passes. `doubt` is a question that only people can answer, or "": it turns
    mode auto into approve.
    """
    known = _refused_by_state(ctx, action)
    mode, why = _mode(ctx, action)
    if doubt and mode is Mode.AUTO:
        mode, why = Mode.APPROVE, doubt
    if known or mode is Mode.OBSERVE:
        return known or Permission("observed", why, mode)
    if spent := used_up(ctx, action, use):
        return Permission("not_allowed", spent, mode)
    if status_now(ctx) is UpstreamStatus.RESOLVED:
        return Permission("not_allowed", "the incident is resolved upstream, as it says at this moment", mode)
    if mode is Mode.APPROVE:
        return _by_approval(ctx, plan, why, use)
    return Permission("granted", "mode auto, within budget")


def take(ctx: IncidentContext, action: str, permission: Permission, *, use: str, plan: Plan | None) -> bool:
    """Counts the act that `permission` grants, against the budget and against the approval that people gave, if any.

    False if another act used up either of them meanwhile. Repeating it for the same `use` counts nothing twice.
    """
    if not spend(ctx, action, use):
        return False
    return permission.mode is not Mode.APPROVE or (plan is not None and use_up(ctx, plan, use))


def may_undo(ctx: IncidentContext, action: str) -> Permission:
    """As `allowed`, for undoing the action: an undo costs no budget, has no cooldown and needs no new approval."""
    return _refused_by_state(ctx, action) or may_revert(ctx, action)


def may_revert(ctx: IncidentContext, action: str) -> Permission:
    """As `may_undo`, at the incident's end: allowed too if it is resolved upstream or the diagnosis has changed."""
    mode, why = _mode(ctx, action)
    if mode is Mode.OBSERVE:
        return Permission("observed", why, mode)
    return Permission("granted", "it takes back our own change", mode)


def _refused_by_state(ctx: IncidentContext, action: str) -> Permission | None:
    cause = ctx.incident.cause
    if ctx.incident.is_over_upstream:
        return Permission("not_allowed", "the incident is resolved upstream, and nothing is changed after that")
    if cause is None or cause in _GUESSES or cause not in ACTIONS[action].causes:
        why = f"the diagnosis is {cause.value if cause else 'open'}, which does not call for it"
        return Permission("not_allowed", why)
    return None


def _mode(ctx: IncidentContext, action: str) -> tuple[Mode, str]:
    """The mode now, and why it is not auto: the pinned mode, lowered by override, stop switch or low confidence."""
    modes, why = lowered_modes(ctx)
    mode = modes[action]
    if mode is Mode.OBSERVE:
        return mode, why or f"modes.{action} is observe in the runbook"
    if mode is Mode.APPROVE:
        return mode, f"modes.{action} is approve in the runbook"
    sure, floor = ctx.incident.confidence or 0.0, ctx.runbook.confidence.act_from
    if sure < floor:
        return Mode.APPROVE, f"the diagnosis is only {sure:.0%} sure, and below {floor:.0%} people decide"
    return mode, ""


def _by_approval(ctx: IncidentContext, plan: Plan | None, why: str, use: str) -> Permission:
    """What people decided on exactly this plan. The incident is read again: they may have decided a moment ago."""
    task = latest_task(ctx.table.get(ctx.incident.id).incident, plan, use) if plan else None
    if task is None or task.is_open(now()):
        return Permission("needs_approval", f"needs approval: {why}", Mode.APPROVE)
    if task.decision == "approved":
        return Permission("granted", f"approved by {task.decided_by}", Mode.APPROVE)
    if task.decision == "declined":
        because = f": {task.reason}" if task.reason else ""
        return Permission("declined", f"declined by {task.decided_by}{because}", Mode.APPROVE)
    return Permission("expired", "nobody decided in time", Mode.APPROVE)

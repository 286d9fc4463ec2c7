"""One step of a playbook: plans, applies or verifies an action, or reverts the overrides."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.overrides.revert import revert_overrides
from responder.actions.runner import apply, plan_next, verify
from responder.context import IncidentContext, open_context

logger = Logger()

OPS = ("plan", "apply", "verify", "revert")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "op", "action"?}` → the result of responder.actions.runner.

    plan → `{"next": apply|task|done|hand_over, "action", "plan_hash", "task", "then", "text"}`. All other operations →
    `{"outcome", "text"}`. Raises ValueError for an op that is not in OPS or lacks its action.
    """
    ctx = open_context(event)
    outcome = _step(ctx, str(event.get("op")), event.get("action"))
    logger.info(str(event["op"]), extra={"incident_id": ctx.incident.id, **outcome})
    return outcome


def _step(ctx: IncidentContext, op: str, action: str | None) -> dict[str, Any]:
    if op == "plan":
        return plan_next(ctx)
    if op == "revert":
        return dict(revert_overrides(ctx))
    if op not in OPS or action is None:
        raise ValueError(f"op {op!r} with action {action!r} is not one of ours; ops are {', '.join(OPS)}")
    return apply(ctx, action) if op == "apply" else verify(ctx, action)

"""Restarts all consumers so that they load the current key, or verifies that they work with it."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.restart.restart import follow, restart
from responder.actions.restart.verify import verify_restart
from responder.aws.keep_warm import answers_keep_warm
from responder.context import open_context

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "op": "restart" | "follow" | "verify"}` → `{"outcome", "text"}`.

    restart → restarted | under_way | needs_approval | needs_people | observed | declined | expired | not_allowed |
    not_configured | failed | timed_out. follow (after under_way) → the same, without a new request for approval.
    verify → proven | not_proven.
    """
    op = event.get("op", "restart")
    if op not in ("restart", "follow", "verify"):
        raise ValueError(f"op {op!r} is not one of ours")
    ctx = open_context(event)
    outcome = verify_restart(ctx) if op == "verify" else follow(ctx, event) if op == "follow" else restart(ctx, event)
    logger.info(op, extra={"incident_id": ctx.incident.id, **outcome})
    return outcome

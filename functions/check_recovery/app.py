"""Each turn of the watch: reads the state as it is now and says the one next thing to do."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions import playbook_branch
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.human_task_progress import decisions_to_act_on, with_acted
from responder.domain.incident import Incident
from responder.workflow.next_step import next_step
from responder.workflow.watch_state import Watch

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "generation", "watch": {"turn", "acted"}}` →
    `{"next", "kind", "level", "ask", "seconds", "then", "branch", "seen_seq", "agree", "watch"}`.

    Repeating it changes nothing.
    """
    ctx, at = open_context(event), now()
    watch = ctx.watch.model_copy(update={"turn": event["watch"]["turn"], "acted": tuple(event["watch"]["acted"])})
    if watch.acted:
        # Only now: the answer that the playbook was run again for is known to have got through.
        ctx.table.change(ctx.incident.id, lambda present: _gone_on(present, ctx, watch))
    step = next_step(ctx.incident, watch, ctx.runbook, at)
    logger.info("next", extra={"incident_id": ctx.incident.id, **step.dump()})
    if step.next == "renew":
        ctx.table.amend(ctx.incident.id, renewed_generation=ctx.generation)
    if step.next == "act":
        acted = (*watch.acted, *decisions_to_act_on(ctx.incident.asks, watch.acted, at))
        watch = watch.model_copy(update={"acted": acted})
    return step.dump() | {
        "branch": playbook_branch(ctx.incident.cause),
        "seen_seq": ctx.event_seq,
        "agree": watch.good_rounds > 0,
        "watch": {"turn": watch.turn + 1, "acted": watch.acted},
    }


def _gone_on(present: Incident | None, ctx: IncidentContext, watch: Watch) -> Incident:
    if present is None:
        raise LookupError(f"incident {ctx.incident.id} disappeared while it was watched")
    return present.model_copy(update={"asks": with_acted(present.asks, watch.acted, now())})

"""Each iteration of monitoring: reads the present state and decides the next step."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions import playbook_branch
from responder.context import open_context
from responder.domain.clock import now
from responder.domain.human_task import decisions_to_act_on, with_acted
from responder.workflow.next_step import next_step

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "monitoring": {"iteration", "acted"}}` →
    `{"next", "kind", "level", "task", "seconds", "then", "branch", "seen_seq", "agree", "monitoring"}`.

    Repeating it changes nothing.
    """
    ctx, at = open_context(event), now()
    monitoring = ctx.monitoring.model_copy(
        update={"iteration": event["monitoring"]["iteration"], "acted": tuple(event["monitoring"]["acted"])}
    )
    if monitoring.acted:
        # Only now is it certain that the playbook has run again after the decision.
        ctx.edit_tasks(lambda present: with_acted(present, monitoring.acted, now()))
    step = next_step(ctx.incident, monitoring, ctx.runbook, at)
    logger.info("next", extra={"incident_id": ctx.incident.id, **step.dump()})
    if step.next == "renew":
        ctx.table.amend(ctx.incident.id, renewed_execution=ctx.execution_number)
    if step.next == "act":
        acted = (*monitoring.acted, *decisions_to_act_on(ctx.incident.human_tasks, monitoring.acted, at))
        monitoring = monitoring.model_copy(update={"acted": acted})
    return step.dump() | {
        "branch": playbook_branch(ctx.incident.cause),
        "seen_seq": ctx.event_seq,
        "agree": monitoring.good_runs > 0,
        "monitoring": {"iteration": monitoring.iteration + 1, "acted": monitoring.acted},
    }

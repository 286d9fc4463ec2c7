"""Each turn of the watch: reads the state as it is now and says the one next thing to do."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.context import Desk, open_desk
from responder.domain.clock import now
from responder.domain.human_task_progress import answers_to_act_on, with_acted
from responder.domain.incident import Incident
from responder.workflow.next_step import next_step
from responder.workflow.playbook_branch import answer_to
from responder.workflow.watch_state import Watch

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "generation", "watch"}` →
    `{"next", "kind", "level", "ask", "then", "answer", "seen_seq", "agree", "watch"}`; repeating it changes nothing."""
    desk, at = open_desk(event), now()
    watch = Watch.load(event["watch"])
    if watch.acted:
        # Only now: the answer that the playbook was run again for is known to have got through.
        desk.table.change(desk.incident.id, lambda present: _gone_on(present, desk, watch))
    step = next_step(desk.incident, watch, desk.runbook, at)
    logger.info("next", extra={"incident_id": desk.incident.id, **step.dump()})
    if step.next == "renew":
        desk.table.amend(desk.incident.id, renewed_generation=desk.generation)
    if step.next == "act":
        acted = (*watch.acted, *answers_to_act_on(desk.incident.asks, watch.acted, at))
        watch = watch.model_copy(update={"acted": acted})
    return step.dump() | {
        "answer": answer_to(desk.incident.cause),
        "seen_seq": desk.event_seq,
        "agree": watch.good_rounds > 0,
        "watch": watch.next_turn().dump(),
    }


def _gone_on(present: Incident | None, desk: Desk, watch: Watch) -> Incident:
    if present is None:
        raise LookupError(f"incident {desk.incident.id} disappeared while it was watched")
    return present.model_copy(update={"asks": with_acted(present.asks, watch.acted, now())})

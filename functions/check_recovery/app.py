"""Each turn of the watch: reads the state as it is now and says the one next thing to do."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.adapters.desk import open_desk
from responder.clock import now
from responder.steering import Watch, next_step

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "generation", "watch"}` → `{"next", "kind", "level", "seen_seq", "agree", "watch"}`."""
    desk = open_desk(event)
    watch = Watch.load(event["watch"])
    step = next_step(desk.incident, watch, desk.runbook, now())
    logger.info("next", extra={"incident_id": desk.incident.id, **step.dump()})
    if step.next == "renew":
        desk.table.amend(desk.incident.id, renewed_generation=desk.generation)
    agree = watch.good_rounds > 0
    return step.dump() | {"seen_seq": desk.event_seq, "agree": agree, "watch": watch.next_turn().dump()}

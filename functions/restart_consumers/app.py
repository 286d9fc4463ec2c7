"""Restarts the service so that it loads the current key, or proves that it works with it."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.prove import prove
from responder.actions.restart import restart
from responder.adapters.desk import open_desk

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "generation", "op": "restart" | "prove"}` → `{"outcome", "text"}`.

    restart → restarted | observed | not_allowed | not_configured | failed; prove → proven | not_proven.
    """
    desk = open_desk(event)
    op = event.get("op", "restart")
    if op not in ("restart", "prove"):
        raise ValueError(f"op {op!r} is not one of ours")
    outcome = prove(desk) if op == "prove" else restart(desk, event)
    logger.info(op, extra={"incident_id": desk.incident.id, **outcome})
    return outcome

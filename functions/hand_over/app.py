"""Called by EventBridge when an execution failed, timed out or was stopped: people take over."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import incident_table
from responder.context import open_context
from responder.domain.apply_alert import give_up
from responder.domain.incident import IncidentStatus
from responder.notify import notify_people
from responder.webhooks.identity import manual_upstream_id

logger = Logger()

_SENTENCES = {
    "FAILED": "The workflow's execution failed.",
    "TIMED_OUT": "The workflow's execution ran out of time.",
    "ABORTED": "Somebody stopped the workflow's execution; it stays stopped until the incident is reopened.",
}


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An EventBridge event `Step Functions Execution Status Change` → `{"incident_id"}`; null if it is unknown."""
    detail = event["detail"]
    incident_id = _incident_id(detail)
    logger.append_keys(incident_id=incident_id, execution=detail.get("name"))
    if incident_id is None or incident_table().find(incident_id) is None:
        logger.error("an execution ended badly that belongs to no known incident")
        return {"incident_id": None}
    ctx = open_context({"incident_id": incident_id})
    text = _SENTENCES.get(detail["status"], f"The workflow's execution ended as {detail['status']}.")
    key = f"ended-{detail['name']}"
    ctx.record("workflow_ended", text, key=key, execution_arn=detail["executionArn"])
    if detail["status"] == "ABORTED":
        ctx.table.amend(incident_id, **give_up(ctx.incident))
    # A closed incident stays closed: its execution died while it wrote the report, so there is nothing to hand over.
    else:
        ctx.table.amend_open(incident_id, status=IncidentStatus.HANDED_OVER)
    notify_people(ctx, key=key, text=f"{text} Incident {incident_id} is with you.")
    return {"incident_id": incident_id}


def _incident_id(detail: dict[str, Any]) -> str | None:
    try:
        given = json.loads(detail.get("input") or "{}")
    except ValueError:
        given = {}
    if isinstance(given, dict) and given.get("incident_id"):
        return str(given["incident_id"])
    name = str(detail.get("name", ""))
    return f"manual-{manual_upstream_id(name)}" if name.startswith("manual-") else None

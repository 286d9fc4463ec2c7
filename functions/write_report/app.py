"""Writes the report by the runbook's template, and says where it is."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.adapters.bucket import store
from responder.adapters.desk import Desk, open_desk
from responder.channels import publish
from responder.messages import report_written
from responder.redact import redact
from responder.telling.gathering import bare_situation
from responder.telling.report import report
from responder.telling.report_items import Story

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """`{"incident_id", "generation"}` → `{"report": key, "next": "done"|"reopened"}`; writing it again replaces it."""
    desk = open_desk(event)
    incident = desk.incident
    logger.append_keys(incident_id=incident.id)
    key = f"reports/{incident.id}.md"
    store(desk.settings.bucket_name, key, redact(report(_story(desk))), "text/markdown; charset=utf-8")
    desk.table.amend(incident.id, report_key=key)
    desk.tell("report", f"The report was written: {key}.", key=f"report-{_stamp(desk)}", report=key)
    if incident.told_at:
        publish(desk, report_written(bare_situation(desk), desk.settings.bucket_name, key))
    reopened = desk.table.get(incident.id).incident.status.is_open
    return {"report": key, "next": "reopened" if reopened else "done"}


def _story(desk: Desk) -> Story:
    incident, table = desk.incident, desk.table
    return Story(
        situation=bare_situation(desk),
        timeline=tuple(table.timeline(incident.id)),
        actions=tuple(sorted(table.actions(incident.id), key=lambda action: action.at)),
        findings=tuple(table.findings(incident.id, incident.evidence_round)) if incident.evidence_round else (),
    )


def _stamp(desk: Desk) -> int:
    return int(desk.incident.resolved_at.timestamp()) if desk.incident.resolved_at else desk.generation

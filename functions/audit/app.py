"""Every minute: finds open incidents that nobody works on, says so, and starts the next execution."""

from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from responder.adapters.desk import Desk, open_desk
from responder.adapters.machine import ensure_running, execution_arn, execution_name, status_of
from responder.adapters.metrics import count
from responder.adapters.settings import settings
from responder.adapters.table import Table
from responder.channels import tell_people
from responder.clock import now
from responder.incident import given_up

logger = Logger()
# How long route_alert may take from writing an incident to starting its execution.
STARTING = timedelta(seconds=60)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event → `{"open": n, "started": [ids], "failed": [ids]}`. One incident's trouble does not hide the others."""
    started: list[str] = []
    failed: list[str] = []
    open_ids = _table().open_ids()
    for incident_id in open_ids:
        try:
            if _look_after(open_desk({"incident_id": incident_id})):
                started.append(incident_id)
        except Exception:
            logger.exception("the audit could not look after an incident", extra={"incident_id": incident_id})
            failed.append(incident_id)
    count("AuditFailed", len(failed))
    count("OpenIncidents", len(open_ids))
    return {"open": len(open_ids), "started": started, "failed": failed}


def _look_after(desk: Desk) -> bool:
    """True when the next execution was started."""
    incident = desk.incident
    # The index that lists them may lag behind a close.
    if incident.stopped or not incident.status.is_open or _is_running(desk):
        return False
    key = f"audit-{desk.generation}"
    if incident.failures >= desk.runbook.watch.failed_generations and not _goes_on_by_plan(desk):
        text = f"The workflow failed {incident.failures} times and does not try again. Incident {incident.id} is yours."
        desk.tell("audit", text, key=key)
        tell_people(desk, key=key, text=text)
        desk.table.amend(incident.id, **given_up(incident))
        return False
    if not _goes_on_by_plan(desk):
        text = f"Incident {incident.id} was open and no execution ran; the next one is started."
        desk.tell("audit", text, key=key)
        tell_people(desk, key=key, text=text)
    ensure_running(desk.table, desk.settings.state_machine_arn, incident.id)
    return True


def _is_running(desk: Desk) -> bool:
    arn = execution_arn(desk.settings.state_machine_arn, execution_name(desk.incident.id, desk.generation))
    status = status_of(_manual_arn(desk) or arn)
    is_starting = status == "ABSENT" and now() - desk.incident.started_at < STARTING
    return is_starting or status in ("RUNNING", "PENDING_REDRIVE")


def _manual_arn(desk: Desk) -> str | None:
    """An execution started by hand has a name of its own, not one derived from the generation."""
    last = desk.incident.execution_arns[-1] if desk.incident.execution_arns else None
    return last if last and desk.generation == 1 else None


def _goes_on_by_plan(desk: Desk) -> bool:
    """A very long incident ends its execution before 25,000 history events and asks for a fresh one."""
    return desk.incident.renewed_generation == desk.generation


@cache
def _table() -> Table:
    return Table(settings().table_name)

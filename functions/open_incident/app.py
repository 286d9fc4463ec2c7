"""First state: make the incident known, pin the runbook, say upstream that the work has begun."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import IncidentTable
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.metrics import count
from responder.aws.parameters import runbook_in_force
from responder.config.settings import settings
from responder.context import IncidentContext, open_context
from responder.domain.alert import MANUAL
from responder.domain.clock import now
from responder.domain.incident import Incident
from responder.domain.redact import redact
from responder.domain.severity import Severity
from responder.notifications.context import bare_context
from responder.notifications.messages import opened
from responder.notify import deliver_without_fallback
from responder.report.signed_link import page_url
from responder.webhooks.identity import manual_upstream_id
from responder.workflow.monitoring_state import MonitoringState

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"execution": {"name", "arn"}, "input"}` → `{"incident_id", "execution_number", "event_seq", "monitoring",
    "next"}`.

    Raises LookupError for an input that names an incident nobody told us of; the execution ends red and says so.
    """
    execution, given = event["execution"], event.get("input") or {}
    if not isinstance(given, dict):
        raise TypeError('the input must be an object, such as {"title": "…"}')
    incident_id = given.get("incident_id") or _manual(execution["name"], given)
    execution_number = int(given.get("execution_number", 1))
    logger.append_keys(incident_id=incident_id, execution_number=execution_number)
    force = runbook_in_force(settings().runbook_parameter)
    _table().pin_runbook(incident_id, force.runbook)
    ctx = open_context({"incident_id": incident_id, "execution_number": execution_number})
    if force.problem:
        count("RunbookOverrideBad")
        text = f"The packaged runbook is in force, and every action only observes: {force.problem}."
        ctx.record("configuration", text, key=f"override-{execution_number}")
    page = _page(ctx)
    _table().change(incident_id, lambda present: _opened(present, execution["arn"], page))
    again = f"goes on in execution {execution_number}" if execution_number > 1 else "started"
    text = f"The workflow {again}."
    ctx.record("workflow_started", text, key=f"started-{execution_number}", execution_arn=execution["arn"])
    if not ctx.incident.is_over_upstream:
        _note_upstream(open_context({"incident_id": incident_id, "execution_number": execution_number}))
    _table().keep_monitoring(
        incident_id, MonitoringState(resumed=ctx.incident.renewed_execution == execution_number - 1).dump()
    )
    return {
        "incident_id": incident_id,
        "execution_number": execution_number,
        "event_seq": ctx.event_seq,
        "monitoring": {"iteration": 0, "acted": []},
        "next": "close" if ctx.incident.is_over_upstream else "diagnose",
    }


def _note_upstream(ctx: IncidentContext) -> None:
    """Only there, and nowhere else if it fails: the announcement follows within seconds on every channel."""
    deliver_without_fallback(ctx, opened(bare_context(ctx), ctx.execution_number))


def _page(ctx: IncidentContext) -> str | None:
    """The link to the incident's page for as long as people work on it; the messages go out without one, too."""
    days = timedelta(days=ctx.runbook.page.link_days)
    url = page_url(ctx.settings, ctx.incident.id, now(), days)
    if url is None:
        text = "No link to the incident page: its signing secret or the API's address cannot be read."
        ctx.record("configuration", text, key=f"no-page-{ctx.execution_number}")
    return url


def _opened(present: Incident | None, arn: str, page: str | None) -> Incident:
    if present is None:
        raise LookupError("the incident disappeared while it was being opened")
    arns = present.execution_arns if arn in present.execution_arns else (*present.execution_arns, arn)
    changes = {"execution_arns": arns, "opened_at": present.opened_at or now(), "page_url": page or present.page_url}
    return present.model_copy(update=changes)


def _manual(name: str, given: Mapping[str, Any]) -> str:
    """An execution started by hand in the console: its name makes the incident (docs/tasks/start-by-hand.md)."""
    safe = manual_upstream_id(name)
    incident_id = f"manual-{safe}"
    severity = given.get("severity")
    fresh = Incident(
        id=incident_id,
        source=MANUAL,
        upstream_id=safe,
        title=redact(str(given.get("title") or "Started by hand"))[:255],
        started_at=now(),
        born_severity=Severity(severity) if severity in set(Severity) else None,
    )
    table = _table()
    table.change(incident_id, lambda present: present or fresh)
    if table.get(incident_id).execution_number == 0:
        table.next_execution(incident_id, 0)
    return incident_id


@cache
def _table() -> IncidentTable:
    return IncidentTable(settings().table_name)

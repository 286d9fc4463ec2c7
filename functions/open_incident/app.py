"""The first state: stores the incident, pins the runbook, and notes on the alert that the work has begun."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import incident_table
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.metrics import count
from responder.aws.parameters import runbook_in_force
from responder.config.settings import settings
from responder.context import open_context
from responder.domain.clock import now
from responder.domain.incident import with_execution
from responder.domain.monitoring_state import MonitoringState
from responder.notifications.context import bare_context
from responder.notifications.messages.compose import opened
from responder.notify import publish
from responder.report.signed_link import link_for
from responder.webhooks.manual_incident import for_test, open_manual_incident

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"execution": {"name", "arn"}, "input"}` →
    `{"incident_id", "execution_number", "event_seq", "monitoring", "next"}`.

    Raises LookupError if the input names an unknown incident. Then the execution fails with this message.
    """
    execution, given = event["execution"], event.get("input") or {}
    if not isinstance(given, dict):
        raise TypeError('the input must be an object, such as {"title": "…"}')
    incident_id = given.get("incident_id") or open_manual_incident(execution["name"], given)
    execution_number = int(given.get("execution_number", 1))
    logger.append_keys(incident_id=incident_id, execution_number=execution_number)
    force = runbook_in_force(settings().runbook_parameter)
    runbook = for_test(force.runbook) if given.get("test") is True else force.runbook
    incident_table().pin_runbook(incident_id, runbook)
    ctx = open_context({"incident_id": incident_id, "execution_number": execution_number})
    if force.problem:
        count("RunbookOverrideBad")
        text = f"Every action only observes: {force.problem}."
        ctx.record("configuration", text, key=f"override-{execution_number}")
    page = link_for(ctx)
    incident_table().edit(incident_id, lambda present: with_execution(present, execution["arn"], page, now()))
    text = f"The workflow goes on in execution {execution_number}." if execution_number > 1 else "The workflow started."
    ctx.record("workflow_started", text, key=f"started-{execution_number}", execution_arn=execution["arn"])
    if not ctx.incident.is_over_upstream:
        fresh = open_context({"incident_id": incident_id, "execution_number": execution_number})
        publish(fresh, opened(bare_context(fresh), execution_number))
    resumed = ctx.incident.renewed_execution == execution_number - 1
    incident_table().keep_monitoring(incident_id, MonitoringState(resumed=resumed))
    return {
        "incident_id": incident_id,
        "execution_number": execution_number,
        "event_seq": ctx.event_seq,
        "monitoring": {"iteration": 0, "acted": []},
        "next": "close" if ctx.incident.is_over_upstream else "diagnose",
    }

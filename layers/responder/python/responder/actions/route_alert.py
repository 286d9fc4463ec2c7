"""Handles one alert: updates the incident and its timeline, and starts or wakes its execution."""

from aws_lambda_powertools import Logger

from responder.actions.alert_grouping import group
from responder.aws.incident_table import IncidentTable, StoredIncident
from responder.aws.metrics import count
from responder.aws.out_of_scope_table import OutOfScope
from responder.aws.step_functions import ensure_running, resume, wake
from responder.config.runbook import Runbook
from responder.config.settings import settings
from responder.domain.alert import MAX_AGE, Alert
from responder.domain.apply_alert import apply_alert, starts_workflow
from responder.domain.clock import now
from responder.domain.incident import Incident
from responder.domain.timeline_text import entry_for
from responder.notifications.merged_incidents import link_merged

logger = Logger()


def route(alert: Alert, table: IncidentTable, runbook: Runbook) -> None:
    """Handles one delivery, and marks it as `done` last. Otherwise it runs again from the top: each step can repeat."""
    if now() - alert.occurred_at > MAX_AGE:
        logger.info("ignored: older than 72 h")
        return
    if runbook.is_ours(alert) is False:
        _drop(alert)
        return
    if table.delivery_is_done(alert.fingerprint):
        logger.info("a duplicate of what is done")
        return
    table.keep_delivery(alert.fingerprint, "received")
    _apply(_with_our_user(alert, runbook), table, runbook)
    table.keep_delivery(alert.fingerprint, "done")


def _drop(alert: Alert) -> None:
    """Counts a new sender once, for an alarm: either it is not ours, or the scope is wrong and every alert is lost."""
    if OutOfScope(settings().table_name).note(alert):
        count("OutOfScopeSender")
    logger.warning("dropped: out of scope", extra={"service": alert.service_id, "service_name": alert.service_name})


def _apply(alert: Alert, table: IncidentTable, runbook: Runbook) -> None:
    known = table.find(alert.incident_id)
    if known is None and not runbook.is_ours(alert):
        logger.info("ignored: nothing in it shows whether it is ours, and its incident is unknown")
        return
    table.record(alert.incident_id, entry_for(alert))
    if known is None and not alert.event.opens:
        return
    incident = table.change(alert.incident_id, lambda present: apply_alert(present, alert))
    if other := link_merged(table, alert, is_new=known is None):
        wake(table, other)
    token = table.count_event(alert.incident_id)
    execution_number = known.execution_number if known else 0
    if starts_workflow(incident, alert, execution_number):
        _start(table, incident, known, runbook)
    if token:
        resume(token)


def _start(table: IncidentTable, incident: Incident, known: StoredIncident | None, runbook: Runbook) -> None:
    was = known.incident if known and known.execution_number else None
    # An incident that was open and not grouped has an execution already, which the event only has to wake.
    is_in_execution = was is not None and was.status.is_open and not was.grouped_under
    if not is_in_execution and (leader := group(table, incident, runbook)):
        logger.info("grouped", extra={"under": leader})
        return
    arn, is_new = ensure_running(table, settings().state_machine_arn, incident.id)
    logger.info("execution", extra={"execution_arn": arn, "started": is_new})


def _with_our_user(alert: Alert, runbook: Runbook) -> Alert:
    """The alert, marked as not human if our bot user did it. The override can name the bot; the receiver has none."""
    bot = (runbook.vendors.own_user(alert.source) or "").lower()
    if not bot or bot not in {(alert.actor.id or "").lower(), (alert.actor.name or "").lower()}:
        return alert
    return alert.model_copy(update={"actor": alert.actor.model_copy(update={"is_human": False})})

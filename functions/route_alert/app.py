"""Consumes the ingest queue: one event of one incident at a time, in order; effects first, the mark `done` last."""

from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from responder.aws.clients import error_code
from responder.aws.incident_table import IncidentTable
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.parameters import runbook_in_force
from responder.aws.step_functions import ensure_running, resume
from responder.config.runbook import Runbook
from responder.config.settings import settings
from responder.domain.alert import Alert
from responder.domain.apply_alert import applied, starts_workflow
from responder.domain.clock import now
from responder.domain.timeline_text import entry_for
from responder.notifications.merged_incidents import link_merged

MAX_AGE = timedelta(hours=72)

logger = Logger()
# One incident's trouble must not hold up another's events: only its own group waits.
processor = SqsFifoPartialProcessor(skip_group_on_error=True)
# A batch of nothing but failures is no other case; raising would print its errors' texts into the log.
processor.raise_on_entire_batch_failure = False


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event=event, record_handler=_record, processor=processor, context=context)


def _record(record: SQSRecord) -> None:
    try:
        alert = Alert.model_validate_json(record.body)
        logger.append_keys(incident_id=alert.incident_id, event_type=alert.event_type)
        route(alert, _table(), _runbook(alert.incident_id))
    except Exception as error:
        # It comes again, and after five times lies in the dead-letter queue; the processor itself says nothing.
        logger.error("a delivery could not be handled", extra={"message_id": record.message_id, "error": _name(error)})
        raise
    finally:
        logger.remove_keys(["incident_id", "event_type"])


def _runbook(incident_id: str) -> Runbook:
    """Where the override cannot be used, what was pinned still knows who our bot is and what is ours."""
    in_force = runbook_in_force(settings().runbook_parameter)
    return (_table().pinned_runbook(incident_id) if in_force.problem else None) or in_force.runbook


def _name(error: Exception) -> str:
    return error_code(error) or type(error).__name__


def route(alert: Alert, table: IncidentTable, runbook: Runbook) -> None:
    """Every step is harmless when repeated: a delivery that is not `done` runs again from the top."""
    if runbook.is_ours(alert) is False or now() - alert.occurred_at > MAX_AGE:
        logger.info("ignored: not ours by the override, or older than 72 h")
        return
    if table.delivery_is_done(alert.fingerprint):
        logger.info("a duplicate of what is done")
        return
    table.keep_delivery(alert.fingerprint, "received")
    _apply(_as_ours(alert, runbook), table, is_ours=runbook.is_ours(alert))
    table.keep_delivery(alert.fingerprint, "done")


def _apply(alert: Alert, table: IncidentTable, *, is_ours: bool | None) -> None:
    known = table.find(alert.incident_id)
    if known is None and not is_ours:
        logger.info("ignored: says nothing to tell whether it is ours, and its incident is unknown")
        return
    table.record(alert.incident_id, entry_for(alert))
    if known is None and not alert.event.opens:
        return
    incident = table.change(alert.incident_id, lambda present: applied(present, alert))
    if other := link_merged(table, alert, is_new=known is None):
        _wake(table, other)
    token = table.count_event(alert.incident_id)
    execution_number = known.execution_number if known else 0
    if starts_workflow(incident, alert, execution_number):
        running = ensure_running(table, settings().state_machine_arn, alert.incident_id)
        logger.info("execution", extra={"execution_arn": running.arn, "started": running.is_new})
    if token:
        resume(token)


def _wake(table: IncidentTable, incident_id: str) -> None:
    if token := table.count_event(incident_id):
        resume(token)


def _as_ours(alert: Alert, runbook: Runbook) -> Alert:
    """The receiver knows only the packaged runbook; the bot user may be named by the override."""
    bot = (runbook.vendors.own_user(alert.source) or "").lower()
    if not bot or bot not in {(alert.actor.id or "").lower(), (alert.actor.name or "").lower()}:
        return alert
    return alert.model_copy(update={"actor": alert.actor.model_copy(update={"is_human": False})})


@cache
def _table() -> IncidentTable:
    return IncidentTable(settings().table_name)

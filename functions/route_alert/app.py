"""Consumes the ingest queue: one event of an incident at a time, in order; effects first, the record `done` last."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from responder.actions.route_alert import route
from responder.aws.clients import error_code
from responder.aws.incident_table import incident_table
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.parameters import runbook_in_force
from responder.config.runbook import Runbook
from responder.config.settings import settings
from responder.domain.alert import Alert
from responder.domain.ping import PING_GROUP, Ping, ping_record

logger = Logger()
# An error of one incident must not delay another one's events: only its own group waits.
processor = SqsFifoPartialProcessor(skip_group_on_error=True)
# Without this, a batch with only failures would raise, and print the errors' texts into the log.
processor.raise_on_entire_batch_failure = False


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> Any:
    return process_partial_response(event=event, record_handler=_record, processor=processor, context=context)


def _record(record: SQSRecord) -> None:
    try:
        if record.attributes.message_group_id == PING_GROUP:
            ping = Ping.model_validate_json(record.body)
            return incident_table().put_record(ping_record(ping.source), ping)
        alert = Alert.model_validate_json(record.body)
        logger.append_keys(incident_id=alert.incident_id, event_type=alert.event_type)
        return route(alert, incident_table(), _runbook(alert.incident_id))
    except Exception as error:
        # SQS delivers it again, five times in all; then it is in the dead-letter queue. The processor logs nothing.
        logger.error("a delivery could not be handled", extra={"message_id": record.message_id, "error": _name(error)})
        raise
    finally:
        logger.remove_keys(["incident_id", "event_type"])


def _runbook(incident_id: str) -> Runbook:
    """If the override cannot be used, the pinned runbook still names our bot and our services."""
    in_force = runbook_in_force(settings().runbook_parameter)
    return (incident_table().pinned_runbook(incident_id) if in_force.problem else None) or in_force.runbook


def _name(error: Exception) -> str:
    return error_code(error) or type(error).__name__

"""Handles the alerts in the queue: those of one incident in order, one at a time."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.route_alert import route
from responder.aws.clients import error_code
from responder.aws.incident_table import incident_table
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.parameters import runbook_in_force
from responder.config.runbook import Runbook
from responder.config.settings import settings
from responder.domain.alert import PING_GROUP, Alert, Ping, ping_record

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """SQS's `{"Records": […]}` → the deliveries that failed. SQS gives each one five times in all, and then moves it to
    the dead-letter queue.

    After an error, later alerts of the same incident fail too, to keep their order. Other incidents go on.
    """
    failed: list[dict[str, str]] = []
    stuck: set[str] = set()
    for record in event["Records"]:
        group = record["attributes"]["MessageGroupId"]
        if group in stuck or not _is_handled(record, group):
            stuck.add(group)
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _is_handled(record: dict[str, Any], group: str) -> bool:
    try:
        _handle(record["body"], group)
    except Exception as error:  # noqa: BLE001 - any error may stop only its own incident
        known = {"message_id": record["messageId"], "error": error_code(error) or type(error).__name__}
        logger.error("a delivery could not be handled", extra=known)
        return False
    finally:
        logger.remove_keys(["incident_id", "event_type"])
    return True


def _handle(body: str, group: str) -> None:
    if group == PING_GROUP:
        ping = Ping.model_validate_json(body)
        incident_table().put_record(ping_record(ping.source, ping.subscription), ping)
        return
    alert = Alert.model_validate_json(body)
    logger.append_keys(incident_id=alert.incident_id, event_type=alert.event_type)
    route(alert, incident_table(), _runbook(alert.incident_id))


def _runbook(incident_id: str) -> Runbook:
    """The runbook in force. If its override cannot be used, the pinned runbook still names our bot and our services."""
    in_force = runbook_in_force(settings().runbook_parameter)
    return (incident_table().pinned_runbook(incident_id) if in_force.problem else None) or in_force.runbook

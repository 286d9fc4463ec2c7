"""Every minute: finds open incidents without an execution, says so, and starts the next one.

It also finds tasks whose expiry nobody recorded, and settings that are still changed for a past incident.
"""

import time
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.audit import left_switched, look_after
from responder.actions.follow_up_reminders import remind_all
from responder.aws.incident_table import incident_table
from responder.aws.metrics import count
from responder.aws.parameters import runbook_in_force
from responder.config.settings import settings
from responder.context import open_context

logger = Logger()
# The time for asking the pager about grouped alerts. The rest of the function's time is for what is due.
READING_SECONDS = 20


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Any event → `{"open": n, "started": [ids], "failed": [ids], "switched": [keys], "reminded": [ids],
    "override": null or why every action only observes}`.

    An error in one incident does not stop the others. `switched`: changed settings whose incident has no execution.
    `reminded`: closed incidents for which something is still open.
    """
    started: list[str] = []
    failed: list[str] = []
    open_ids = incident_table().open_ids()
    reads_until = time.monotonic() + READING_SECONDS
    for incident_id in open_ids:
        try:
            may_read = time.monotonic() < reads_until
            if look_after(open_context({"incident_id": incident_id}), may_read=may_read):
                started.append(incident_id)
        except Exception:
            logger.exception("the audit could not look after an incident", extra={"incident_id": incident_id})
            failed.append(incident_id)
    if problem := runbook_in_force(settings().runbook_parameter).problem:
        count("RunbookOverrideBad")
        logger.error("every action only observes", extra={"problem": problem})
    switched = left_switched(open_ids, failed)
    reminded = remind_all(settings().table_name, failed)
    # A metric costs money for every hour in which it has a value. So a quiet minute writes none.
    if failed:
        count("AuditFailed", len(failed))
    if open_ids:
        count("OpenIncidents", len(open_ids))
    found = {"open": len(open_ids), "started": started, "failed": failed, "switched": switched, "reminded": reminded}
    return found | {"override": problem}

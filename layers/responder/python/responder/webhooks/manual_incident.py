"""An incident that a person started by hand in the console."""

from collections.abc import Mapping
from typing import Any

from responder.aws.incident_table import incident_table
from responder.config.runbook import Runbook, packaged
from responder.domain.alert import MANUAL
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident
from responder.domain.redact import redact_short
from responder.webhooks.identity import manual_upstream_id

TEST = "-test"


def open_manual_incident(name: str, given: Mapping[str, Any]) -> str:
    """An execution started by hand in the console: its name makes the incident (docs/tasks/start-by-hand.md)."""
    safe = manual_upstream_id(name)
    incident_id = f"manual-{safe}"
    severity, is_test = given.get("severity"), given.get("test") is True
    title = f"{'TEST: ' * is_test}{given.get('title') or 'Started by hand'}"
    fresh = Incident(
        id=incident_id,
        source=MANUAL,
        upstream_id=safe,
        title=redact_short(title, 255),
        # It has its own integration: no real incident shares thread, notice or findings with it.
        integration=packaged().integration + TEST * is_test,
        is_test=is_test,
        started_at=now(),
        born_severity=Severity(severity) if severity in set(Severity) else None,
    )
    table = incident_table()
    table.change(incident_id, lambda present: present or fresh)
    if table.get(incident_id).execution_number == 0:
        table.next_execution(incident_id, 0)
    return incident_id


def for_test(runbook: Runbook) -> Runbook:
    """A test incident's settings: every action only observes, and it closes as soon as the checks are good."""
    soon = runbook.monitoring.model_copy(
        update={"close_after_seconds": 0, "confirmations": 1, "poll_seconds": ((None, 5),)}
    )
    return runbook.observing().model_copy(update={"integration": runbook.integration + TEST, "monitoring": soon})

"""RunDiagnostics: one round of probes, kept under a name that sorts."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.adapters.aws import HASTY
from responder.adapters.desk import Desk, open_desk
from responder.adapters.secrets import api_key, read_secret, standby_keys
from responder.clock import now
from responder.diagnosis.diagnostics import Readers, run_round
from responder.words import Finding

logger = Logger(service="run_diagnostics")


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """`{"incident_id", "generation", "turn"}` to `{"round"}`. A repeat looks again and replaces the same findings."""
    desk = open_desk(event)
    name = f"{int(event['generation']):03d}-{int(event['turn']):04d}"
    findings = _look(desk)
    desk.table.keep_findings(desk.incident.id, name, findings)
    statuses = {finding.probe: finding.status.value for finding in findings}
    logger.info("looked", extra={"incident_id": desk.incident.id, "round": name, "statuses": statuses})
    return {"round": name}


def _look(desk: Desk) -> list[Finding]:
    settings, field = desk.settings, desk.runbook.endpoints.twinmind.key_json_field

    def report(probe: str, fault: str) -> None:
        logger.error("probe failed", extra={"incident_id": desk.incident.id, "probe": probe, "fault": fault})

    readers = Readers(
        # Hasty: the probes' time limits are short, and a read that hangs must not hold a thread for long.
        key=lambda: api_key(read_secret(settings.twinmind_api_key_secret, config=HASTY), field),
        standby=lambda: standby_keys(read_secret(settings.twinmind_standby_keys_secret, config=HASTY)),
        credential=desk.credentials.of,
    )
    return run_round(desk.runbook, desk.incident, readers, at=now(), report=report)

"""RunDiagnostics: one round of probes, kept under a name that sorts."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.clients import HASTY
from responder.aws.probe_run_table import Rounds
from responder.aws.secrets import api_key, read_secret, standby_keys
from responder.context import Desk, open_desk
from responder.contracts.probe import Probe
from responder.domain.clock import now
from responder.domain.finding import Finding
from responder.probes import PROBES
from responder.probes.runner import Readers, run_round
from responder.probes.shared_runs import Asker, shared

# Any probe that is looked at in every shared round: it tells when that was.
LANDMARK = "twinmind_health"

logger = Logger(service="run_diagnostics")


def handler(event: dict[str, Any], context: object) -> dict[str, str]:
    """`{"incident_id", "generation", "turn"}` to `{"round"}`. A repeat looks again and replaces the same findings."""
    desk = open_desk(event)
    name = f"{int(event['generation']):03d}-{int(event['turn']):04d}"
    findings = _look(desk, name)
    desk.table.keep_findings(desk.incident.id, name, findings)
    statuses = {finding.probe: finding.status.value for finding in findings}
    logger.info("looked", extra={"incident_id": desk.incident.id, "round": name, "statuses": statuses})
    return {"round": name}


def _look(desk: Desk, name: str) -> list[Finding]:
    """What concerns the incident itself is always looked at; the rest may be what another incident has just seen."""
    own = {probe: each for probe, each in PROBES.items() if not each.shared}
    rest = {probe: each for probe, each in PROBES.items() if each.shared}
    asker = Asker(desk.incident.id, _news_since(desk, name))
    with ThreadPoolExecutor(max_workers=1) as beside:
        ours = beside.submit(_round, desk, own)
        found = shared(Rounds(desk.settings.table_name), asker, desk.runbook, lambda: _round(desk, rest))
    by_name = {finding.probe: finding for finding in (*ours.result(), *found)}
    return [by_name[probe] for probe in PROBES if probe in by_name]


def _news_since(desk: Desk, name: str) -> datetime | None:
    """The last look of this incident, or the last thing that any incident did, whichever came later."""
    generation = name.partition("-")[0]
    before = [desk.table.finding(desk.incident.id, f"{generation}-{slot:04d}", LANDMARK) for slot in (0, 1)]
    looks = [one.at for one in before if one]
    return max(filter(None, [*looks, desk.table.last_action_at()]), default=None)


def _round(desk: Desk, probes: Mapping[str, Probe]) -> list[Finding]:
    settings, field = desk.settings, desk.runbook.endpoints.twinmind.key_json_field

    def report(probe: str, fault: str) -> None:
        logger.error("probe failed", extra={"incident_id": desk.incident.id, "probe": probe, "fault": fault})

    readers = Readers(
        # Hasty: the probes' time limits are short, and a read that hangs must not hold a thread for long.
        key=lambda: api_key(read_secret(settings.twinmind_api_key_secret, config=HASTY), field),
        standby=lambda: standby_keys(read_secret(settings.twinmind_standby_keys_secret, config=HASTY)),
        credential=desk.credentials.of,
    )
    return run_round(desk.runbook, desk.incident, readers, at=now(), report=report, probes=probes)

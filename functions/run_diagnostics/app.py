"""RunDiagnostics: one round of probes, kept under a name that sorts."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.clients import SHORT_TIMEOUT
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.probe_run_table import ProbeRunTable
from responder.aws.secrets import api_key, read_secret, standby_keys
from responder.context import IncidentContext, open_context
from responder.contracts.probe import Probe
from responder.domain.clock import now
from responder.domain.finding import Finding
from responder.domain.secret_shape import key_flaw, list_flaw
from responder.probes import PROBES
from responder.probes.runner import Readers, run_and_store_probes
from responder.probes.shared_runs import Asker, shared
from responder.workflow.deadlines import quiet_wait

# Any probe that is looked at in every shared round: it tells when that was.
LANDMARK = "twinmind_health"

logger = Logger(service="run_diagnostics")


@answers_keep_warm
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"incident_id", "execution_number"}` to `{"probe_run", "monitoring", "seconds"}`. A repeat replaces the same
    findings.

    `watch` is the watch before this look; `seconds`, how long ClassifyIncident waits if the look shows nothing new.
    """
    ctx = open_context(event)
    name = f"{ctx.execution_number:03d}-{ctx.monitoring.slot:04d}"
    findings = _look(ctx, name)
    ctx.table.keep_findings(ctx.incident.id, name, findings)
    statuses = {finding.probe: finding.status.value for finding in findings}
    logger.info("looked", extra={"incident_id": ctx.incident.id, "probe_run": name, "statuses": statuses})
    seconds = quiet_wait(ctx.runbook, now() - ctx.incident.started_at)
    return {"probe_run": name, "monitoring": ctx.monitoring.dump(), "seconds": int(seconds.total_seconds())}


def _look(ctx: IncidentContext, name: str) -> list[Finding]:
    """What concerns the incident itself is always looked at; the rest may be what another incident has just seen."""
    own = {probe: each for probe, each in PROBES.items() if not each.shared}
    rest = {probe: each for probe, each in PROBES.items() if each.shared}
    asker = Asker(ctx.incident.id, _news_since(ctx, name))
    with ThreadPoolExecutor(max_workers=1) as beside:
        ours = beside.submit(_round, ctx, own)
        found = shared(ProbeRunTable(ctx.settings.table_name), asker, ctx.runbook, lambda: _round(ctx, rest))
    by_name = {finding.probe: finding for finding in (*ours.result(), *found)}
    return [by_name[probe] for probe in PROBES if probe in by_name]


def _news_since(ctx: IncidentContext, name: str) -> datetime | None:
    """The last look of this incident, or the last thing that any incident did, whichever came later."""
    execution_number = name.partition("-")[0]
    before = [ctx.table.finding(ctx.incident.id, f"{execution_number}-{slot:04d}", LANDMARK) for slot in (0, 1)]
    looks = [one.at for one in before if one]
    return max(filter(None, [*looks, ctx.table.last_action_at()]), default=None)


def _round(ctx: IncidentContext, probes: Mapping[str, Probe]) -> list[Finding]:
    settings, field = ctx.settings, ctx.runbook.endpoints.twinmind.key_json_field

    def report(probe: str, fault: str) -> None:
        logger.error("probe failed", extra={"incident_id": ctx.incident.id, "probe": probe, "fault": fault})

    # The probes' time limits are short, and a read that hangs must not hold a thread for long.
    key_text = partial(read_secret, settings.twinmind_api_key_secret, config=SHORT_TIMEOUT)
    standby_text = partial(read_secret, settings.twinmind_standby_keys_secret, config=SHORT_TIMEOUT)
    last_run = ctx.monitoring.last_run
    readers = Readers(
        key=lambda: api_key(key_text(), field),
        standby=lambda: standby_keys(standby_text()),
        credential=ctx.credentials.of,
        flaw_of=lambda secret: key_flaw(key_text(), field) if secret == "key" else list_flaw(standby_text()),
        previous=lambda probe: ctx.table.finding(ctx.incident.id, last_run, probe) if last_run else None,
        acted_at=ctx.table.last_action_at,
    )
    return run_and_store_probes(ctx.runbook, ctx.incident, readers, at=now(), report=report, probes=probes)

"""One probe run of an incident: its own probes, and the rest shared with concurrent incidents."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from aws_lambda_powertools import Logger

from responder.aws.clients import SHORT_TIMEOUT
from responder.aws.probe_run_table import ProbeRunTable
from responder.aws.secrets import api_key, read_secret, standby_keys
from responder.context import IncidentContext
from responder.contracts.probe import Probe, Readers
from responder.domain.finding import Finding
from responder.domain.secret_shape import key_flaw, list_flaw
from responder.probes import PROBES
from responder.probes.runner import run_and_wait
from responder.probes.shared_runs import share_run

# One probe that is in every shared run: its finding shows when the run was.
LANDMARK = "twinmind_health"

logger = Logger(service="run_diagnostics")


def diagnose(ctx: IncidentContext, run_name: str) -> list[Finding]:
    """In the registry's order. Probes of the incident itself always run; another incident may have run the rest."""
    own = {probe: each for probe, each in PROBES.items() if not each.shared}
    rest = {probe: each for probe, each in PROBES.items() if each.shared}
    after = _last_change(ctx, run_name)
    with ThreadPoolExecutor(max_workers=1) as beside:
        ours = beside.submit(_run, ctx, own)
        runs = ProbeRunTable(ctx.settings.table_name)
        found = share_run(runs, ctx.incident.id, after, ctx.runbook, lambda: _run(ctx, rest))
    by_name = {finding.probe: finding for finding in (*ours.result(), *found)}
    return [by_name[probe] for probe in PROBES if probe in by_name]


def _last_change(ctx: IncidentContext, run_name: str) -> datetime | None:
    """The incident's last probe run or any incident's last action, whichever came later."""
    execution_number = run_name.partition("-")[0]
    before = [ctx.table.finding(ctx.incident.id, f"{execution_number}-{slot:04d}", LANDMARK) for slot in (0, 1)]
    runs = [one.at for one in before if one]
    return max(filter(None, [*runs, ctx.table.last_action_at()]), default=None)


def _run(ctx: IncidentContext, probes: Mapping[str, Probe]) -> list[Finding]:
    settings, field = ctx.settings, ctx.runbook.endpoints.twinmind.key_json_field

    def report(probe: str, fault: str) -> None:
        logger.error("probe failed", extra={"incident_id": ctx.incident.id, "probe": probe, "fault": fault})

    # A read that hangs must not block a thread for longer than the probes' short time limits.
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
    return run_and_wait(ctx.runbook, ctx.incident, readers, report, probes)

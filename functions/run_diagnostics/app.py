"""Makes one probe run, and stores its findings."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.keep_warm import answers_keep_warm
from responder.context import open_context
from responder.domain.clock import now
from responder.probes.diagnostics import diagnose
from responder.workflow.deadlines import quiet_wait

logger = Logger(service="run_diagnostics")


@answers_keep_warm
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """`{"incident_id", "execution_number"}` → `{"probe_run", "monitoring", "seconds"}`.

    A repeat replaces the same findings. `monitoring`: the state before this probe run. `seconds`: how long
    ClassifyIncident waits if the run shows nothing new.
    """
    ctx = open_context(event)
    name = f"{ctx.execution_number:03d}-{ctx.monitoring.slot:04d}"
    findings = diagnose(ctx, name)
    ctx.table.keep_findings(ctx.incident.id, name, findings)
    statuses = {finding.probe: finding.status.value for finding in findings}
    logger.info("looked", extra={"incident_id": ctx.incident.id, "probe_run": name, "statuses": statuses})
    seconds = quiet_wait(ctx.runbook, now() - ctx.incident.started_at)
    return {"probe_run": name, "monitoring": ctx.monitoring.dump(), "seconds": int(seconds.total_seconds())}

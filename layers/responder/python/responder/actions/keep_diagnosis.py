"""Stores a new diagnosis in table and timeline, and withdraws the human tasks that it makes pointless."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from responder.actions import PLAYBOOKS
from responder.context import IncidentContext
from responder.diagnosis.effect import effect_of
from responder.diagnosis.evidence import PAGE
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Diagnosis
from responder.domain.finding import Finding, FindingStatus
from responder.domain.human_task import with_superseded
from responder.domain.incident import Incident
from responder.domain.timeline_text import decision_entry, diagnosis_text, probe_run_text
from responder.domain.update import clock_time

BLIND_PROBE = "diagnostics"
# The state machine names a run whose function gave no answer with this prefix and the error's name. Its finding is
# stored under another name, because the names of runs are used again, and findings of two runs must not mix.
_MISSING = "unavailable:"
_ERROR = re.compile(r"[A-Za-z][A-Za-z.]{0,49}")


def leak_is_over(ctx: IncidentContext) -> bool:
    """Whether TwinMind refuses every key that this incident's alert is about."""
    if ctx.incident.cause is not Cause.KEY_LEAKED:
        return False
    leaks = [leak for leak in ctx.leaks.all() if ctx.incident.id in leak.incident_ids]
    return bool(leaks) and all(leak.revoked_at for leak in leaks)


def stored_run(ctx: IncidentContext, run_name: str) -> str:
    """The name under which the run's findings are stored. For a missing run it stores one finding that says so."""
    if not run_name.startswith(_MISSING):
        return run_name
    name, error = f"{ctx.execution_number:03d}-blind", run_name.removeprefix(_MISSING)
    ctx.table.keep_findings(ctx.incident.id, name, [_blind(ctx, error if _ERROR.fullmatch(error) else "unknown")])
    return name


def _blind(ctx: IncidentContext, error: str) -> Finding:
    inside = ctx.runbook.endpoints.service.shares_network_with_probes
    place = "in the service's network" if inside else "outside the service's network"
    return Finding(
        probe=BLIND_PROBE,
        status=FindingStatus.FAILED,
        summary=f"The function that looks, which is {place}, could not answer at all ({error}).",
        measurements={"unavailable": error},
        seen_from="service_network" if inside else "function",
        at=now(),
    )


def record_run(ctx: IncidentContext, findings: list[Finding], earlier: list[Finding], runs: int) -> None:
    """Records what is new in a probe run: changed checks, the effect of actions, the entry on TwinMind's page."""
    if changed := probe_run_text(findings, earlier):
        ctx.record("checks", changed, key=f"checks-{ctx.execution_number}-{runs}", routine=True)
    record_effect(ctx, findings)
    record_vendor_entry(ctx, findings, earlier)


def record_effect(ctx: IncidentContext, findings: list[Finding]) -> None:
    """Records the figures before and after an action. A run that shows the same change again records nothing."""
    evidence = ctx.incident.evidence_run
    effect = evidence and effect_of(
        ctx.table.actions(ctx.incident.id), ctx.table.findings(ctx.incident.id, evidence), findings
    )
    if effect:
        key = f"effect-{evidence}-{'-'.join(effect.done)}-{effect.change}"
        ctx.record("effect", effect.text, key=key, change=effect.change)


def record_vendor_entry(ctx: IncidentContext, findings: list[Finding], earlier: Sequence[Finding] = ()) -> None:
    """Records what TwinMind's page says, each update at its own time. A claim may need it after the page drops it."""
    page, before = (next((one for one in run if one.probe == PAGE), None) for run in (findings, earlier))
    known = before.measurements.get("updates", []) if before else []
    if page is None or page.status is FindingStatus.UNKNOWN:
        return
    since = page.measurements.get("entry_since")
    if not isinstance(since, str):
        if known:
            ctx.record(
                "vendor_update", "TwinMind's page does not show it any more.", key=f"vendor-gone-{known[-1]['at']}"
            )
        return
    for update in page.measurements.get("updates", []):
        if update not in known:
            at, text = datetime.fromisoformat(update["at"]), f"TwinMind's page, {update['status']}: “{update['words']}”"
            ctx.record("vendor_update", text, key=f"vendor-update-{update['at']}", at=at)
    if before and before.measurements.get("entry_id") == page.measurements.get("entry_id"):
        return
    name = page.measurements.get("entry_id")
    began, alerted = datetime.fromisoformat(since), ctx.incident.started_at
    minutes = round((began - alerted).total_seconds() / 60)
    when = f"{abs(minutes)} min {'after' if minutes >= 0 else 'before'} the alert"
    text = f"TwinMind admitted trouble at {clock_time(began)}, {when}. {page.summary}"
    ctx.record("vendor_entry", text, key=f"vendor-entry-{name}", entry_since=since)


def keep_diagnosis(
    ctx: IncidentContext, diagnosis: Diagnosis, findings: list[Finding], evidence: str, earlier: str | None
) -> None:
    """Stores the diagnosis. It was made from the probe runs `evidence` and `earlier` (`make explain` reads both)."""
    ctx.table.keep_findings(ctx.incident.id, evidence, findings)
    data = diagnosis.dump() | {"evidence": evidence, "earlier": earlier}
    ctx.record("diagnosis", diagnosis_text(diagnosis), key=evidence, **data)
    _keep(ctx, diagnosis, evidence)


def _keep(ctx: IncidentContext, diagnosis: Diagnosis, evidence: str) -> None:
    """Stores the diagnosis on the incident, and withdraws the tasks and the wait for a key that it does not need."""
    at, called_for = now(), PLAYBOOKS.get(diagnosis.cause, ())
    wants_key = "rotate" in called_for or "contain" in called_for
    shared: dict[str, Any] = {name: value for name, value in diagnosis if name in Incident.model_fields}

    def decide(present: Incident) -> Incident:
        human_tasks = with_superseded(present.human_tasks, called_for, at)
        stored = {
            "verdict": diagnosis.verdict,
            "evidence_run": evidence,
            "human_tasks": human_tasks,
            "waiting_for": present.waiting_for if wants_key else None,
        }
        return present.model_copy(update=shared | stored)

    for task in ctx.table.edit(ctx.incident.id, decide).human_tasks:
        if task.decision == "withdrawn" and task.decided_at == at:
            ctx.table.record(ctx.incident.id, decision_entry(task))

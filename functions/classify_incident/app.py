"""From findings to a diagnosis, and whether it is news."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions import PLAYBOOKS, playbook_branch
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.step_functions import CHECK, answer
from responder.context import IncidentContext, open_context
from responder.diagnosis.classify import classify, looks_well
from responder.diagnosis.effect import effect_of
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Diagnosis
from responder.domain.finding import Finding
from responder.domain.human_task_progress import with_superseded
from responder.domain.incident import Incident, severity_for
from responder.domain.timeline_text import decision_entry, diagnosis_text, probe_run_text
from responder.probes import missing_run
from responder.workflow.diagnosis_news import News, judge
from responder.workflow.monitoring_state import MonitoringState
from responder.workflow.next_step import next_step

WAITS_HERE = "wait_here"

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "probe_run", "monitoring", "seconds", "token"}` → what the state ends
    with, or
    `{"next": "wait_here"}` where it waits on for `seconds`. `watch` is the one before the look; null: as it is stored.

    `next` is a judgement.News, or a wait of steering.Step, or `check_recovery`: decide there.
    """
    ctx = open_context(event)
    logger.append_keys(incident_id=ctx.incident.id)
    before = MonitoringState.load(event["monitoring"]) if event["monitoring"] else ctx.monitoring
    run_name = _round_of(ctx, event["probe_run"])
    findings = ctx.table.findings(ctx.incident.id, run_name)
    earlier = ctx.table.findings(ctx.incident.id, before.last_run) if before.last_run else []
    found = classify(findings, earlier=earlier, runbook=ctx.runbook, incident=ctx.incident)
    diagnosis = found.model_copy(update={"severity": severity_for(found.severity, ctx.incident)})
    is_good = looks_well(findings, ctx.runbook, leak_is_over=_leak_is_over(ctx))
    monitoring = before.seen(run_name, is_good, now(), diagnosis.cause)
    news = judge(diagnosis, ctx.incident, monitoring, findings)
    logger.info("classified", extra={"cause": diagnosis.cause, "next": news})
    changed = probe_run_text(findings, earlier)
    if changed:
        ctx.record("checks", changed, key=f"checks-{ctx.execution_number}-{monitoring.runs}", routine=True)
    _tell_effect(ctx, findings)
    if news == "announce":
        _record(ctx, diagnosis, findings, f"diagnosis-{ctx.execution_number}-{monitoring.runs}", before.last_run)
    elif ctx.incident.people_severity not in (None, ctx.incident.severity):
        # Not told of by this look, but kept: the clocks and the next message follow people's choice.
        ctx.table.amend(ctx.incident.id, severity=ctx.incident.people_severity)
    ctx.table.keep_monitoring(ctx.incident.id, monitoring.dump())
    output = _news(ctx, news) if news != "monitoring" else _quiet(ctx, monitoring, event)
    output |= {"diagnosis": diagnosis.dump() | {"verdict": diagnosis.verdict.value}}
    if output["next"] != WAITS_HERE:
        answer(event["token"], output)
    return output


def _news(ctx: IncidentContext, news: News) -> dict[str, Any]:
    seconds = ctx.runbook.monitoring.recheck_seconds
    return {"next": news, "branch": playbook_branch(ctx.incident.cause), "seconds": seconds}


def _quiet(ctx: IncidentContext, monitoring: MonitoringState, event: dict[str, Any]) -> dict[str, Any]:
    """Waits in this state where nothing is to be done before its time is over: one state in place of four."""
    step = next_step(ctx.incident, monitoring, ctx.runbook, now())
    if not step.next.startswith("wait"):
        return dict(CHECK)
    fits = step.next == "wait" and (step.seconds or 0) >= int(event["seconds"])
    if fits and ctx.table.store_wait_token(ctx.incident.id, event["token"], ctx.event_seq):
        return {"next": WAITS_HERE}
    return dict(CHECK) if fits else step.dump() | {"seen_seq": ctx.event_seq}


def _leak_is_over(ctx: IncidentContext) -> bool:
    """Whether TwinMind refuses every key of the integration that leaked."""
    if ctx.incident.cause is not Cause.KEY_LEAKED:
        return False
    leaks = ctx.leaks.all()
    return bool(leaks) and all(leak.revoked_at for leak in leaks)


def _tell_effect(ctx: IncidentContext, findings: list[Finding]) -> None:
    """Before and after, once for each way it went: a poll that shows the same again writes nothing."""
    evidence = ctx.incident.evidence_run
    effect = evidence and effect_of(
        ctx.table.actions(ctx.incident.id), ctx.table.findings(ctx.incident.id, evidence), findings
    )
    if effect:
        ctx.record(
            "effect",
            effect.text,
            key=f"effect-{evidence}-{'-'.join(effect.done)}-{effect.change}",
            change=effect.change,
        )


def _round_of(ctx: IncidentContext, said: str) -> str:
    """The round's name, under which its findings are kept; a round without any is kept here as one finding."""
    if not said.startswith(missing_run.PREFIX):
        return said
    name = missing_run.run_name(ctx.execution_number)
    ctx.table.keep_findings(ctx.incident.id, name, [missing_run.blind_finding(said, ctx.runbook, now())])
    return name


def _record(
    ctx: IncidentContext, diagnosis: Diagnosis, findings: list[Finding], evidence: str, earlier: str | None
) -> None:
    """`evidence`, `earlier`: the rounds whose findings the diagnosis was made of (`make explain` reads both)."""
    ctx.table.keep_findings(ctx.incident.id, evidence, findings)
    data = diagnosis.dump() | {"evidence": evidence, "earlier": earlier}
    ctx.record("diagnosis", diagnosis_text(diagnosis), key=evidence, **data)
    _keep(ctx, diagnosis, evidence)


def _keep(ctx: IncidentContext, diagnosis: Diagnosis, evidence: str) -> None:
    """With it goes what was asked, and waited for, for another cause's sake."""
    at, called_for = now(), PLAYBOOKS.get(diagnosis.cause, ())
    wants_key = "rotate" in called_for or "contain" in called_for

    def decide(present: Incident | None) -> Incident:
        if present is None:
            raise LookupError(f"incident {ctx.incident.id} disappeared while it was diagnosed")
        human_tasks = with_superseded(present.human_tasks, called_for, at)
        stored = {
            "evidence_run": evidence,
            "human_tasks": human_tasks,
            "waiting_for": present.waiting_for if wants_key else None,
        }
        return present.model_copy(update=_fields(diagnosis) | stored)

    for task in ctx.table.change(ctx.incident.id, decide).human_tasks:
        if task.decision == "withdrawn" and task.decided_at == at:
            ctx.table.record(ctx.incident.id, decision_entry(task))


def _fields(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "scenario": diagnosis.scenario,
        "cause": diagnosis.cause,
        "verdict": diagnosis.verdict,
        "severity": diagnosis.severity,
        "confidence": diagnosis.confidence,
        "reasons": diagnosis.reasons,
        "impact": diagnosis.impact,
        "user_impact": diagnosis.user_impact,
    }

"""Makes a diagnosis from the findings, and decides whether people must hear of it."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions import playbook_branch
from responder.actions.keep_diagnosis import keep_diagnosis, leak_is_over, record_run, stored_run
from responder.actions.quiet_wait import WAITS_HERE, wait_quietly
from responder.actions.restart.progress import restarted_beside
from responder.aws.keep_warm import answers_keep_warm
from responder.aws.step_functions import answer
from responder.context import open_context
from responder.diagnosis.classify import classify, is_doubtful, looks_well, thrives
from responder.diagnosis.effect import has_acted
from responder.domain.clock import now
from responder.domain.incident import severity_for
from responder.domain.monitoring_state import MonitoringState
from responder.notifications.merged_incidents import link
from responder.workflow.diagnosis_news import judge, takes_back

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "probe_run", "monitoring", "seconds", "token"}` → the state's output, or
    `{"next": "wait_here"}` if it waits for `seconds`. `monitoring`: the state before the probe run; null means the
    stored one. `next`: one of diagnosis_news.News, a wait of next_step.NextStep, or `check_recovery`.
    """
    ctx = open_context(event)
    logger.append_keys(incident_id=ctx.incident.id)
    before = MonitoringState.load(event["monitoring"]) if event["monitoring"] else ctx.monitoring
    run_name = stored_run(ctx, event["probe_run"])
    findings = ctx.table.findings(ctx.incident.id, run_name)
    earlier = ctx.table.findings(ctx.incident.id, before.last_run) if before.last_run else []
    found = classify(findings, earlier=earlier, runbook=ctx.runbook, incident=ctx.incident)
    diagnosis = found.model_copy(update={"severity": severity_for(found.severity, ctx.incident, found.cause)})
    is_good = looks_well(findings, ctx.runbook, leak_is_over=leak_is_over(ctx))
    monitoring = before.seen(run_name, is_good, now(), diagnosis.cause)
    is_well = thrives(findings, ctx.runbook) and not has_acted(ctx.table.actions(ctx.incident.id))
    doubtful, beside = is_doubtful(diagnosis, findings, ctx.runbook), restarted_beside(ctx, [*earlier, *findings])
    # Linked now: the other one may be over before this is announced.
    link(ctx.table, ctx.incident.id, [beside] if beside else [])
    news = judge(diagnosis, ctx.incident, monitoring, findings, is_doubtful=doubtful, is_beside_restart=bool(beside))
    if takes_back(diagnosis, ctx.incident, monitoring, thrives=is_well):
        from responder.notifications.messages.wording import taken_back_text  # noqa: PLC0415 - rarely needed

        diagnosis = diagnosis.model_copy(update={"reasons": (taken_back_text(ctx.incident), *diagnosis.reasons)})
        news = "announce"
    logger.info("classified", extra={"cause": diagnosis.cause, "next": news})
    record_run(ctx, findings, earlier, monitoring.runs)
    if news == "announce":
        keep_diagnosis(ctx, diagnosis, findings, f"diagnosis-{ctx.execution_number}-{monitoring.runs}", before.last_run)
    elif ctx.incident.people_severity not in (None, ctx.incident.severity):
        # People are not told, but it is stored: the times and the next message depend on people's choice.
        ctx.table.amend(ctx.incident.id, severity=ctx.incident.people_severity)
    ctx.table.keep_monitoring(ctx.incident.id, monitoring)
    seconds, branch = ctx.runbook.monitoring.recheck_seconds, playbook_branch(ctx.incident.cause)
    goes_on: dict[str, Any] = {"next": news, "branch": branch, "seconds": seconds}
    output = goes_on if news != "monitoring" else wait_quietly(ctx, monitoring, event)
    output |= {"diagnosis": diagnosis.dump() | {"verdict": diagnosis.verdict.value}}
    if output["next"] != WAITS_HERE:
        answer(event["token"], output)
    return output

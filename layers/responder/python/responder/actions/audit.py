"""The audit: does what is due where no execution works on an incident, or where one is late."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.alert_grouping import group
from responder.actions.follow_grouped import follow
from responder.aws.incident_table import incident_table
from responder.aws.override_table import orphans
from responder.aws.parameters import runbook_in_force
from responder.aws.step_functions import ensure_running, execution_arn, execution_name, status_of
from responder.config.settings import settings
from responder.context import IncidentContext, open_context
from responder.domain.apply_alert import give_up
from responder.domain.clock import now
from responder.domain.human_task import overdue_tasks
from responder.domain.overrides import OverriddenSetting
from responder.notifications.due_update import escalation_update
from responder.notify import deliver_undelivered, notify_people, publish
from responder.workflow import escalation

logger = Logger()
# How long route_alert may take from writing an incident to starting its execution.
STARTING = timedelta(seconds=60)
# How late a waiting execution may be with an escalation before the audit calls the level in its place.
LATE = timedelta(seconds=15)


def look_after(ctx: IncidentContext, *, may_read: bool = True) -> bool:
    """Returns True if it started the next execution. `may_read`: whether there is time to ask the pager."""
    incident = ctx.incident
    if incident.grouped_under:
        return incident.status.is_open and follow(ctx, may_read=may_read)
    for task in overdue_tasks(incident.human_tasks, now()) if incident.status.is_open else ():
        # The execution closes a task when its time is over. A task that is open long after that means it has failed.
        text = f"Nobody decided in time, and the workflow has not gone on since: {task.sentence}"
        _notify(ctx, f"overdue-{task.key}", text)
    is_running = _is_running(ctx)
    _escalate(ctx, is_running=is_running)
    if not is_running:
        deliver_undelivered(ctx)
    # The index that lists open incidents may not show a close yet.
    if incident.stopped or not incident.status.is_open or is_running:
        return False
    if not ctx.execution_number and group(ctx.table, incident, ctx.runbook):
        return False
    return _start_next(ctx)


def _start_next(ctx: IncidentContext) -> bool:
    """Starts the next execution, and says so unless the last one asked for it (before its 25,000 history events)."""
    incident, key = ctx.incident, f"audit-{ctx.execution_number}"
    if incident.renewed_execution != ctx.execution_number:
        if incident.failures >= ctx.runbook.monitoring.failed_executions:
            text = f"The workflow failed {incident.failures} times and does not try again."
            _notify(ctx, key, f"{text} Incident {incident.id} is yours.")
            ctx.table.amend(incident.id, **give_up(incident))
            return False
        _notify(ctx, key, f"Incident {incident.id} was open and no execution ran; the next one is started.")
    ensure_running(ctx.table, ctx.settings.state_machine_arn, incident.id)
    return True


def _notify(ctx: IncidentContext, key: str, text: str, **data: Any) -> None:
    ctx.record("audit", text, key=key, **data)
    notify_people(ctx, key=key, text=text)


def _escalate(ctx: IncidentContext, *, is_running: bool) -> None:
    """Calls the escalation level that is due if no execution does: none runs, or one is busy with a long step."""
    at = now()
    level = escalation.level_due(ctx.incident, ctx.runbook, at)
    due = level and escalation.due_at(ctx.incident, ctx.runbook, level)
    if not level or not due or (is_running and at - due < LATE):
        return
    if update := escalation_update(ctx, level):
        publish(ctx, update)
        # The public does not see an escalation, so it must not postpone an update that was promised.
        ctx.table.amend(ctx.incident.id, escalated_level=level, told_at=ctx.incident.told_at or now())


def _is_running(ctx: IncidentContext) -> bool:
    """Whether an execution runs or is about to start. One that people started has a name without a number."""
    arn = execution_arn(ctx.settings.state_machine_arn, execution_name(ctx.incident.id, ctx.execution_number))
    if ctx.execution_number == 1 and ctx.incident.execution_arns:
        arn = ctx.incident.execution_arns[-1]
    status = status_of(arn)
    is_starting = status == "ABSENT" and now() - ctx.incident.started_at < STARTING
    return is_starting or status in ("RUNNING", "PENDING_REDRIVE")


def left_switched(open_ids: list[str], failed: list[str]) -> list[str]:
    """Tells people, and returns the keys of these settings. A stopped or failed execution or revert left them.

    A failure is logged and goes into `failed`.
    """
    stored = [incident_table().find(incident_id) for incident_id in open_ids]
    worked_on = [one.incident.id for one in stored if one and one.incident.status.is_open and not one.incident.stopped]
    integration = runbook_in_force(settings().runbook_parameter).runbook.integration
    found: list[str] = []
    try:
        for setting, incident_id in orphans(incident_table(), integration, worked_on):
            _tell_switched(open_context({"incident_id": incident_id}), setting)
            found.append(setting.setting_key)
    except Exception:
        logger.exception("the audit could not read what is switched")
        failed.append(integration)
    return found


def _tell_switched(ctx: IncidentContext, setting: OverriddenSetting) -> None:
    was = "not set" if setting.before is None else setting.before
    text = (
        f"{setting.setting_key} is still switched for incident {ctx.incident.id}, which nobody works on. "
        f"Before it, it was {was}: set it back by hand (docs/tasks/still-switched.md)."
    )
    _notify(ctx, f"left-switched-{setting.setting_key}-{ctx.execution_number}", text, setting_key=setting.setting_key)

"""Messages about human tasks, and the record of which ones were sent."""

from responder.aws.parameters import runbook_in_force
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.human_task import HumanTasks, task_named, with_changes, with_expired, with_superseded
from responder.domain.incident import Incident
from responder.domain.timeline_text import decision_entry
from responder.domain.update import Update
from responder.notifications.context import notification_context
from responder.notifications.messages.asking import Approvers, asked, requested_again
from responder.notifications.messages.settling import settled
from responder.workflow import escalation


def approvers_now(ctx: IncidentContext) -> Approvers:
    """Those of the present runbook, not of the one when the incident opened."""
    return runbook_in_force(ctx.settings.runbook_parameter).runbook.approvals.approvers.slack


def task_update(ctx: IncidentContext, name: str) -> Update | None:
    """None if the task is not open: decided, expired, or never asked."""
    task = task_named(ctx.incident.human_tasks, name)
    return asked(notification_context(ctx), task, approvers_now(ctx)) if task and task.is_open(now()) else None


def reminder_update(ctx: IncidentContext, name: str) -> Update | None:
    task = task_named(ctx.incident.human_tasks, name)
    if task is None or not task.wants_reminder(now()):
        return None
    reached = max(ctx.incident.escalated_level, escalation.level_now(ctx.incident, ctx.runbook, now()))
    level = min(reached + 1, ctx.runbook.severities[escalation.severity_of(ctx.incident)].last_level)
    return requested_again(notification_context(ctx), task, approvers_now(ctx), level)


def withdraw_open(ctx: IncidentContext) -> None:
    """Withdraws approvals and key requests that are no longer needed, because the checks are good again."""
    at = now()
    for task in ctx.edit_tasks(lambda present: with_superseded(present, (), at)).human_tasks:
        if task.decision == "withdrawn" and task.decided_at == at:
            ctx.table.record(ctx.incident.id, decision_entry(task))


def mark_said(ctx: IncidentContext, kind: str, name: str) -> None:
    """Remembers that the task's update of `kind` was sent; a decision made meanwhile stays."""
    said = task_named(ctx.incident.human_tasks, name)
    if said is None:
        return
    at = now()
    # The next reminder goes out with the next level's call, unless that is too late to matter.
    due = escalation.following_due(ctx.incident, ctx.runbook, at)
    following = due if due and due > at and (said.expires_at is None or due < said.expires_at) else None

    def remember(present: HumanTasks) -> HumanTasks:
        task = task_named(present, name)
        if task is None or task.key != said.key:
            return present
        times = {
            "task": {"told_at": at},
            "task_reminder": {"reminded_at": at, "remind_at": following or task.remind_at},
            "task_settled": {"outcome_told_at": at},
        }
        return with_changes(present, name, **times[kind])

    ctx.edit_tasks(remember)


def settled_update(ctx: IncidentContext, name: str) -> Update | None:
    """None while the task is open. Tasks whose time is over are marked as expired first."""
    task = task_named(expire(ctx).human_tasks, name)
    return settled(notification_context(ctx), task) if task and task.decision else None


def expire(ctx: IncidentContext) -> Incident:
    """Marks tasks that nobody answered in time as expired for good, and writes that to the timeline."""
    at = now()
    after = ctx.edit_tasks(lambda present: with_expired(present, at))
    for task in after.human_tasks:
        if task.decision == "expired":
            ctx.table.record(after.id, decision_entry(task))
    return after

"""Asks people to approve a plan, and finds their decision. Only the stored task counts."""

from datetime import timedelta

from responder.context import IncidentContext
from responder.contracts.action import Plan
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.human_task import HumanTask, task_named, with_changes, with_task
from responder.domain.incident import Incident

# An approval is about the situation in which it was given, so it does not last long.
APPROVAL_LIFE = timedelta(minutes=30)


def task_name(action: str) -> str:
    return f"approve-{action}"


def latest_task(incident: Incident, plan: Plan, use: str = "") -> HumanTask | None:
    """The task for exactly this plan, if it still counts; None if people must be asked.

    Each `use` of a plan needs its own approval: an approval is spent on one act (`use_up`), and only a repeat of this
    act finds it again.
    """
    task = task_named(incident.human_tasks, task_name(plan.action))
    if task is None or task.plan_hash != plan.hash or task.decision == "withdrawn":
        return None
    is_stale = task.decision == "approved" and (task.decided_at is None or now() - task.decided_at >= APPROVAL_LIFE)
    is_spent = task.decision == "approved" and task.used_for not in (None, use)
    return None if is_stale or is_spent or _is_of_before(task, incident) else task


def _is_of_before(task: HumanTask, incident: Incident) -> bool:
    """Whether it was declined or expired before the alert was reopened: the people on call now were not asked."""
    if task.decision not in ("declined", "expired") or task.decided_at is None or incident.reopened_at is None:
        return False
    return task.decided_at < incident.reopened_at


def use_up(ctx: IncidentContext, plan: Plan, use: str) -> bool:
    """Spends the plan's approval on this act. False if there is none, or another act spent it first."""

    def spent(present: Incident) -> Incident:
        task = latest_task(present, plan, use)
        if task is None or task.decision != "approved":
            return present
        return present.model_copy(update={"human_tasks": with_changes(present.human_tasks, task.name, used_for=use)})

    task = latest_task(ctx.table.edit(ctx.incident.id, spent), plan, use)
    return task is not None and task.used_for == use


def request_approval(ctx: IncidentContext, plan: Plan, use: str = "") -> HumanTask:
    """Records once that the plan waits for approval. A repeat returns the same task, even if it is decided.

    The task expires after `approvals.expires_minutes` of runbook.yaml; people are reminded at half that time.
    """
    at = now()
    life = timedelta(minutes=ctx.runbook.approvals.expires_minutes[ctx.incident.severity or Severity.P1])
    fresh = HumanTask(
        name=task_name(plan.action),
        action=plan.action,
        plan_hash=plan.hash,
        sentence=plan.sentence,
        effect=plan.effect,
        undo=plan.undo,
        changes=plan.changes,
        requested_at=at,
        remind_at=at + life / 2,
        expires_at=at + life,
    )

    def decide(present: Incident) -> Incident:
        known = latest_task(present, plan, use)
        return present if known else present.model_copy(update={"human_tasks": with_task(present.human_tasks, fresh)})

    after = ctx.table.edit(ctx.incident.id, decide)
    task = latest_task(after, plan, use) or fresh
    key = f"ask-{plan.action}-{plan.hash}-{int(task.requested_at.timestamp())}"
    ctx.record("action_asked", f"Approval is needed: {plan.sentence}", key=key, action=plan.action, plan_hash=plan.hash)
    return task

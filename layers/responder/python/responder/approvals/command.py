"""Approving or declining a plan from a shell: the command and its answer."""

from typing import Any, Literal

from aws_lambda_powertools import Logger
from pydantic import Field

from responder.approvals.decide import record_decision
from responder.aws.incident_table import incident_table
from responder.domain.clock import iso, now
from responder.domain.human_task import HumanTask, TaskDecision, TaskNotOpen
from responder.domain.model import Model

logger = Logger()


USAGE = (
    'send {"incident_id": "…"} to see what is asked, or {"incident_id", "task", "plan_hash", "decision": "approve" or '
    '"decline", "by": "your name", "reason"?} to decide'
)


class DecisionCommand(Model):
    incident_id: str = Field(min_length=1, max_length=500)
    task: str | None = None
    plan_hash: str | None = None
    decision: Literal["approve", "decline"] | None = None
    reason: str | None = Field(default=None, max_length=1000)
    # It must not look like an identity that Slack has verified: those have some of these characters.
    by: str | None = Field(default=None, pattern=r"^[^:<>@\n]{1,80}$")


def decide(request: DecisionCommand) -> dict[str, Any]:
    decision = TaskDecision(
        name=str(request.task),
        plan_hash=str(request.plan_hash),
        decision="approved" if request.decision == "approve" else "declined",
        by=f"iam:{request.by}",
        at=now(),
        reason=request.reason,
    )
    try:
        recorded = record_decision(incident_table(), request.incident_id, decision)
    except TaskNotOpen as error:
        return answer("refused", f"Nothing changed: {error}.")
    logger.info("recorded", extra={"decision": decision.decision, "by": decision.by, "again": recorded.again})
    follows = (
        "The workflow does it now, unless it has recovered or the gate refuses it by then."
        if decision.decision == "approved"
        else "Nothing is changed."
    )
    before = " You had said so already." if recorded.again else ""
    return answer("recorded", f"{decision.decision.capitalize()}: {recorded.task.sentence} {follows}{before}")


def list_open(incident_id: str) -> dict[str, Any]:
    stored = incident_table().find(incident_id)
    if stored is None:
        return answer("refused", f"There is no incident {incident_id[:80]}.")
    found = [_task_view(task) for task in stored.incident.human_tasks if task.is_approval and task.is_open(now())]
    text = f"{len(found)} open: {USAGE}." if found else "Nothing waits for an approval in this incident."
    return answer("listed", text) | {"human_tasks": found}


def _task_view(task: HumanTask) -> dict[str, Any]:
    return {
        "task": task.name,
        "plan_hash": task.plan_hash,
        "sentence": task.sentence,
        "changes": task.changes,
        "effect": task.effect,
        "undo": task.undo,
        "expires_at": iso(task.expires_at) if task.expires_at else None,
    }


def answer(outcome: str, text: str) -> dict[str, Any]:
    return {"outcome": outcome, "text": text}

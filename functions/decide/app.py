"""Approves or declines from a shell, invoked with an IAM identity; docs/tasks/approve.md has the command.

IAM says who may call this at all, and CloudTrail keeps who did; `by` is what the caller says of itself, and is
marked as such (`iam:<by>`): Lambda does not tell a function who invoked it.
"""

from functools import cache
from typing import Any, Literal

from aws_lambda_powertools import Logger
from pydantic import Field, ValidationError

from responder.approvals.decide import DecisionRefused, record_decision
from responder.aws.incident_table import IncidentTable
from responder.config.settings import settings
from responder.domain.clock import iso, now
from responder.domain.human_task import HumanTask, TaskDecision
from responder.domain.model import Model
from responder.domain.redact import redact

logger = Logger()

USAGE = (
    'send {"incident_id": "…"} to see what is asked, or {"incident_id", "task", "plan_hash", "decision": "approve" or '
    '"decline", "by": "your name", "reason"?} to decide'
)


class Request(Model):
    incident_id: str = Field(min_length=1, max_length=500)
    task: str | None = None
    plan_hash: str | None = None
    decision: Literal["approve", "decline"] | None = None
    reason: str | None = Field(default=None, max_length=1000)
    # Without signs by which it could look like somebody whom Slack vouched for.
    by: str | None = Field(default=None, pattern=r"^[^:<>@\n]{1,80}$")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """→ `{"outcome": "recorded" | "refused" | "listed", "text": a sentence, "human_tasks"?: what is open}`."""
    try:
        request = Request.model_validate(event)
    except ValidationError as error:
        wrong = ", ".join(sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]}))
        return _say("refused", f"Not understood ({wrong or 'the payload is not an object'}): {USAGE}.")
    # Somebody who pastes a key into the wrong field finds it in no log and no answer.
    typed = {name: redact(text) for name in ("incident_id", "task", "by") if (text := getattr(request, name))}
    request = request.model_copy(update=typed)
    logger.append_keys(incident_id=request.incident_id, task=request.task)
    if request.decision is None:
        return _listed(request.incident_id)
    missing = [name for name in ("task", "plan_hash", "by") if not getattr(request, name)]
    if missing:
        return _say("refused", f"{' and '.join(missing)} missing: {USAGE}.")
    return _decide(request)


def _decide(request: Request) -> dict[str, Any]:
    answer = TaskDecision(
        name=str(request.task),
        plan_hash=str(request.plan_hash),
        decision="approved" if request.decision == "approve" else "declined",
        by=f"iam:{request.by}",
        at=now(),
        reason=request.reason,
    )
    came = record_decision(_table(), request.incident_id, answer)
    if isinstance(came, DecisionRefused):
        return _say("refused", f"Nothing changed: {came.why}.")
    logger.info("recorded", extra={"decision": answer.decision, "by": answer.by, "again": came.again})
    follows = (
        "The workflow does it now, unless it has recovered or the gate refuses it by then."
        if answer.decision == "approved"
        else "Nothing is changed."
    )
    before = " You had said so already." if came.again else ""
    return _say("recorded", f"{answer.decision.capitalize()}: {came.task.sentence} {follows}{before}")


def _listed(incident_id: str) -> dict[str, Any]:
    stored = _table().find(incident_id)
    if stored is None:
        return _say("refused", f"There is no incident {incident_id[:80]}.")
    found = [_shown(task) for task in stored.incident.human_tasks if task.is_approval and task.is_open(now())]
    text = f"{len(found)} open: {USAGE}." if found else "Nothing waits for an approval in this incident."
    return _say("listed", text) | {"human_tasks": found}


def _shown(task: HumanTask) -> dict[str, Any]:
    return {
        "task": task.name,
        "plan_hash": task.plan_hash,
        "sentence": task.sentence,
        "changes": task.changes,
        "effect": task.effect,
        "undo": task.undo,
        "expires_at": iso(task.expires_at) if task.expires_at else None,
    }


def _say(outcome: str, text: str) -> dict[str, Any]:
    return {"outcome": outcome, "text": text}


@cache
def _table() -> IncidentTable:
    return IncidentTable(settings().table_name)

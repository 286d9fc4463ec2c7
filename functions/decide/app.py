"""Approves or declines from a shell, invoked with an IAM identity; docs/tasks/approve.md has the command.

IAM decides who may call it, and CloudTrail records who did. `by` is only the name that the caller gives, and is marked
as such (`iam:<by>`), because Lambda does not tell a function who invoked it.
"""

from typing import Any

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from responder.approvals.command import USAGE, DecisionCommand, answer, decide, list_open
from responder.domain.redact import redact

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """→ `{"outcome": "recorded" | "refused" | "listed", "text": a sentence, "human_tasks"?: the open ones}`."""
    try:
        request = DecisionCommand.model_validate(event)
    except ValidationError as error:
        wrong = ", ".join(sorted({str(item["loc"][0]) for item in error.errors() if item["loc"]}))
        return answer("refused", f"Not understood ({wrong or 'the payload is not an object'}): {USAGE}.")
    # So that a key that somebody pastes into the wrong field appears in no log and no answer.
    typed = {name: redact(text) for name in ("incident_id", "task", "by") if (text := getattr(request, name))}
    request = request.model_copy(update=typed)
    logger.append_keys(incident_id=request.incident_id, task=request.task)
    if request.decision is None:
        return list_open(request.incident_id)
    missing = [name for name in ("task", "plan_hash", "by") if not getattr(request, name)]
    if missing:
        return answer("refused", f"{' and '.join(missing)} missing: {USAGE}.")
    return decide(request)

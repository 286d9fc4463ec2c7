"""After every unexpected error: tells people by every channel that still works. Then the execution fails."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.sns import notify
from responder.config.settings import settings
from responder.context import open_context
from responder.domain.redact import redact
from responder.notify import notify_people

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"job": {"incident_id"?, "execution_number"?}, "error": {"Error", "Cause"}, "execution_arn"}` → `{"cause"}`."""
    error, job = event.get("error") or {}, event.get("job")
    # If a person started the execution with an input that is no object, the job is no object either.
    job = job if isinstance(job, dict) else {}
    # It is redacted before it is cut, because half a credential would not be recognised.
    cause = redact(f"{error.get('Error', 'unknown error')}: {str(error.get('Cause', ''))[:5000]}")[:600]
    logger.error("the workflow failed", extra={"incident_id": job.get("incident_id"), "cause": cause})
    try:
        _record(job, event["execution_arn"], cause)
    except Exception:
        # The table itself may have failed. The topic needs only SNS.
        logger.exception("the failure could not be recorded")
        subject = f"TwinMind responder failed: {job.get('incident_id') or event['execution_name']}"
        notify(settings().topic_arn, subject, f"Go on by hand. {cause} ({event['execution_arn']})")
    return {"cause": cause}


def _record(job: dict[str, Any], execution_arn: str, cause: str) -> None:
    ctx = open_context(job)
    key = f"failed-{ctx.execution_number}"
    is_new = ctx.record("workflow_failed", f"The workflow failed: {cause}", key=key, execution_arn=execution_arn)
    # A repeat of this step must not count the failure twice.
    if is_new:
        ctx.table.amend(ctx.incident.id, failures=ctx.incident.failures + 1)
    notify_people(ctx, key=key, text=f"The automatic response to {ctx.incident.id} failed; go on by hand. {cause}")

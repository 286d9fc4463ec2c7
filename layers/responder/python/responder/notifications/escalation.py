"""Calling the next escalation level, by the watch or, where that is not at work, by the audit."""

from responder.context import IncidentContext
from responder.notifications.context import notification_context
from responder.notifications.messages import Update, escalated


def escalation_update(ctx: IncidentContext, level: int) -> Update | None:
    """The call to `level`, written to the timeline; None where it was called, or a person has acknowledged."""
    if level <= ctx.incident.escalated_level or ctx.incident.acknowledged_at:
        return None
    update = escalated(notification_context(ctx), level)
    text = f"Escalated to level {level}, {ctx.runbook.escalation[level].who}: no person has acknowledged."
    ctx.record("escalation", text, key=update.key, level=level)
    return update

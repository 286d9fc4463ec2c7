"""Calling the next escalation level, by the watch or, where that is not at work, by the audit."""

from responder.context import Desk
from responder.notifications.context import situation_of
from responder.notifications.messages import Update, escalated


def escalation_update(desk: Desk, level: int) -> Update | None:
    """The call to `level`, written to the timeline; None where it was called, or a person has acknowledged."""
    if level <= desk.incident.escalated_level or desk.incident.acknowledged_at:
        return None
    update = escalated(situation_of(desk), level)
    text = f"Escalated to level {level}, {desk.runbook.escalation[level].who}: no person has acknowledged."
    desk.tell("escalation", text, key=update.key, level=level)
    return update

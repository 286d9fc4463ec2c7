"""Calling the next escalation level, by the watch or, where that is not at work, by the audit."""

from dataclasses import replace

from responder.aws.sns import has_subscriber
from responder.context import IncidentContext
from responder.domain.update import Update
from responder.notifications.context import notification_context
from responder.notifications.messages.compose import escalated


def escalation_update(ctx: IncidentContext, level: int) -> Update | None:
    """The call to `level`, written to the timeline; None where it was called, or a person has acknowledged."""
    if level <= ctx.incident.escalated_level or ctx.incident.acknowledged_at:
        return None
    update = escalated(replace(notification_context(ctx), unreached=_unreached(ctx, level)), level)
    text = f"Escalated to level {level}, {ctx.runbook.escalation[level].who}: no person has acknowledged."
    ctx.record("escalation", text, key=update.key, level=level)
    return update


def _unreached(ctx: IncidentContext, number: int) -> tuple[str, ...]:
    """A warning if the call to this level reaches nobody new; else nothing."""
    level, before = ctx.runbook.escalation[number], [ctx.runbook.escalation[one] for one in range(1, number)]
    is_named = level.slack_mention not in {None, *(one.slack_mention for one in before)} and ctx.runbook.vendors.chats
    if level.upstream or is_named:
        return ()
    has_topic = level.topic_arn not in {None, ctx.settings.topic_arn, *(one.topic_arn for one in before)}
    if has_topic and has_subscriber(str(level.topic_arn)) is not False:
        return ()
    why = "nobody has confirmed a subscription of its topic" if has_topic else "it has no contact of its own"
    return (f"This call reaches nobody new at level {number}: {why}. Call {level.who} yourself.",)

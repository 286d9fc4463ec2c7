"""Calls an escalation level through its own SNS topic (runbook.yaml, escalation.<level>.topic_arn)."""

from responder.context import IncidentContext
from responder.contracts.channel import Channel, NotSent, SendResult
from responder.domain.update import Kind, Update
from responder.integrations.sns.topic import publish_to
from responder.notifications.messages.plain import plain_text, subject

TEXT_LIMIT = 20_000


class EscalationTopicChannel(Channel):
    name = "level_topic"
    title = "The level's topic (SNS)"
    kinds = frozenset({Kind.ESCALATION})

    def missing(self, ctx: IncidentContext) -> str | None:
        has_one = any(escalation_level.topic_arn for escalation_level in ctx.runbook.escalation.values())
        return None if has_one else "no escalation level has a topic of its own (escalation.<level>.topic_arn)"

    # SNS cannot be asked what it has sent: a repeat is sent again.
    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        escalation_level = ctx.runbook.escalation.get(update.level or 0)
        if escalation_level is None or escalation_level.topic_arn is None:
            return NotSent(f"level {update.level} has no topic of its own")
        text, sent = plain_text(update, TEXT_LIMIT, ctx.runbook.zone), f"published to level {update.level}'s topic"
        return publish_to(escalation_level.topic_arn, subject(update.headline), text, sent)

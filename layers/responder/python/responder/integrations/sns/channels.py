"""The channels over SNS topics: responders' e-mail, stakeholders' e-mail, and the topic of an escalation level.

SNS cannot be asked what it has sent: a repeat is sent again. A topic without a confirmed subscription reaches nobody,
and then nothing counts as sent.
"""

from responder.aws.sns import has_subscriber, publish
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, SendResult, Sent
from responder.domain.update import Audience, Kind, Update
from responder.domain.zone import in_zone
from responder.notifications.messages.plain import plain_text, subject
from responder.notifications.messages.public_notice import stakeholder_text

NO_SUBSCRIBER = "no subscriber"
TEXT_LIMIT = 20_000


class MailChannel(Channel):
    """The alarms' topic. It needs no other vendor, so it is the last way to reach people."""

    name = "mail"
    title = "E-mail (SNS)"
    # No progress: people would filter out a mail that comes every twenty minutes.
    kinds = frozenset(Kind) - {Kind.OPENED, Kind.PROGRESS, Kind.REPORT, Kind.UPSTREAM_ACTIVITY}

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        zone = ctx.runbook.zone
        text, about = plain_text(update, TEXT_LIMIT, zone), subject(in_zone(update.headline, update.at, zone))
        return _publish_to(ctx.settings.topic_arn, about, text, "published to the topic's subscribers")


class StakeholderChannel(Channel):
    """Stakeholders' own topic: no requests and no alarms (S-22, S-106)."""

    name = "stakeholders"
    title = "Stakeholders' e-mail (SNS)"
    audience = Audience.STAKEHOLDERS
    kinds = frozenset({Kind.ANNOUNCED, Kind.MITIGATED, Kind.RESOLVED})

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        text = stakeholder_text(update, ctx.incident)
        first = text.partition("\n")[0].partition(". ")[0].rstrip(".")
        sent = "published to their topic's subscribers"
        return _publish_to(ctx.settings.stakeholder_topic_arn, subject(first), text, sent)


class EscalationTopicChannel(Channel):
    """A level's own topic (runbook.yaml, escalation.<level>.topic_arn)."""

    name = "level_topic"
    title = "The level's topic (SNS)"
    kinds = frozenset({Kind.ESCALATION})

    def missing(self, ctx: IncidentContext) -> str | None:
        has_one = any(escalation_level.topic_arn for escalation_level in ctx.runbook.escalation.values())
        return None if has_one else "no escalation level has a topic of its own (escalation.<level>.topic_arn)"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        escalation_level = ctx.runbook.escalation.get(update.level or 0)
        if escalation_level is None or escalation_level.topic_arn is None:
            return NotSent(f"level {update.level} has no topic of its own")
        text, sent = plain_text(update, TEXT_LIMIT, ctx.runbook.zone), f"published to level {update.level}'s topic"
        return _publish_to(escalation_level.topic_arn, subject(update.headline), text, sent)


def _publish_to(topic_arn: str, subject: str, text: str, sent: str) -> SendResult:
    """`sent`: where it went, for the timeline. If subscriptions cannot be read, it counts as sent, and we say so."""
    # Subscriptions are read afterwards, so that a topic that hangs costs no extra time.
    if refused := publish(topic_arn, subject, text):
        return Failed(refused)
    known = has_subscriber(topic_arn)
    if known is None:
        return Sent(f"{sent}; who is subscribed could not be read")
    return Sent(sent) if known else NotSent(NO_SUBSCRIBER)

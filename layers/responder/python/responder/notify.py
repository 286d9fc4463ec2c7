"""The ways to people: one file a channel, and its line here. The order is that of trust in an emergency, mail last."""

from collections.abc import Mapping

from responder.context import IncidentContext
from responder.integrations.alert_note import AlertNoteChannel
from responder.integrations.jira.channel import JiraChannel
from responder.integrations.slack.channel import SlackChannel
from responder.integrations.sns.escalation_topic import EscalationTopicChannel
from responder.integrations.sns.mail import MailChannel
from responder.integrations.sns.stakeholders import StakeholderChannel
from responder.integrations.statuspage.channel import StatuspageChannel
from responder.notifications import delivery
from responder.notifications.context import bare_context
from responder.notifications.delivery import Channel, Delivery
from responder.notifications.messages import Update, notice

CHANNELS: Mapping[str, Channel] = {
    "slack": SlackChannel(),
    "statuspage": StatuspageChannel(),
    "upstream": AlertNoteChannel(),
    "ticket": JiraChannel(),
    "level_topic": EscalationTopicChannel(),
    "stakeholders": StakeholderChannel(),
    "mail": MailChannel(),
}


def publish(ctx: IncidentContext, update: Update) -> list[Delivery]:
    """Tells people on every channel that carries this kind of update; what came of each is in the timeline too."""
    return delivery.publish(ctx, update, CHANNELS)


def notify_people(ctx: IncidentContext, *, key: str, text: str) -> list[Delivery]:
    """A word outside the normal course (a failed execution, an audit's find) on every channel, once per `key`."""
    return publish(ctx, notice(bare_context(ctx), key, text))

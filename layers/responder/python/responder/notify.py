"""The ways to people: a channel is a folder and its line here. In order of trust in an emergency, mail last."""

from collections.abc import Iterable, Mapping

from responder.context import IncidentContext
from responder.contracts.channel import Channel
from responder.domain.update import Audience
from responder.integrations.alert_note import AlertNoteChannel
from responder.integrations.jira.channel import JiraChannel
from responder.integrations.outgoing_webhook.channel import OutgoingWebhook
from responder.integrations.slack.channel import SlackChannel
from responder.integrations.sns.escalation_topic import EscalationTopicChannel
from responder.integrations.sns.mail import MailChannel
from responder.integrations.sns.stakeholders import StakeholderChannel
from responder.integrations.statuspage.channel import StatuspageChannel
from responder.integrations.teams.channel import TeamsChannel
from responder.notifications import delivery
from responder.notifications.context import bare_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages import Update, notice

CHANNELS: Mapping[str, Channel] = {
    "slack": SlackChannel(),
    "statuspage": StatuspageChannel(),
    "upstream": AlertNoteChannel(),
    "teams": TeamsChannel(),
    "ticket": JiraChannel(),
    "level_topic": EscalationTopicChannel(),
    "stakeholders": StakeholderChannel(),
    "outgoing_webhook": OutgoingWebhook(),
    "mail": MailChannel(),
}


def publish(ctx: IncidentContext, update: Update) -> list[Delivery]:
    """Tells people on every channel that carries this kind of update; what came of each is in the timeline too."""
    return delivery.publish(ctx, update, CHANNELS)


def deliver_without_fallback(ctx: IncidentContext, update: Update) -> list[Delivery]:
    """As `publish`; where a channel fails, no other one says so."""
    carriers = [channel for channel in CHANNELS.values() if update.kind in channel.kinds]
    return [delivery.deliver(ctx, channel, update) for channel in carriers]


def has_announced(deliveries: Iterable[Delivery]) -> bool:
    """Whether somebody can read it now: a ticket rings nobody's phone, and stakeholders have no part in it."""
    readers = (Audience.RESPONDERS, Audience.PUBLIC)
    return any(one.outcome == "sent" and CHANNELS[one.channel].audience in readers for one in deliveries)


def request_approvals(ctx: IncidentContext) -> None:
    """Asks for the approvals without which a channel may not say what was announced."""
    for channel in CHANNELS.values():
        if not channel.missing(ctx):
            channel.request_approval(ctx)


def notify_people(ctx: IncidentContext, *, key: str, text: str) -> list[Delivery]:
    """A word outside the normal course (a failed execution, an audit's find) on every channel, once per `key`."""
    return publish(ctx, notice(bare_context(ctx), key, text))

"""The registry of channels: a channel is a folder and its line here. Most reliable first, e-mail last."""

from collections.abc import Iterable, Mapping

from responder.context import IncidentContext
from responder.contracts.channel import Channel
from responder.domain.update import Audience, Update
from responder.integrations.alert_note import AlertNoteChannel
from responder.integrations.jira.channel import JiraChannel
from responder.integrations.outgoing_webhook.channel import OutgoingWebhook
from responder.integrations.slack.channel import SlackChannel
from responder.integrations.sns.channels import EscalationTopicChannel, MailChannel, StakeholderChannel
from responder.integrations.statuspage.channel import StatuspageChannel
from responder.integrations.teams.channel import TeamsChannel
from responder.notifications import delivery
from responder.notifications.context import bare_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages.ending import notice
from responder.notifications.undelivered import due_updates

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
    """Sends the update on every channel that carries its kind; the timeline has the results too."""
    return delivery.publish(ctx, update, CHANNELS)


def deliver_undelivered(ctx: IncidentContext) -> list[Delivery]:
    """Delivers the updates that channels refused or held back before, and that are due now."""
    return [delivery.deliver(ctx, CHANNELS[channel], update, is_late=True) for channel, update in due_updates(ctx)]


def has_announced(deliveries: Iterable[Delivery]) -> bool:
    """Whether a person can read it now: tickets ring no phone, and stakeholders do not count."""
    readers = (Audience.RESPONDERS, Audience.PUBLIC)
    return any(one.outcome == "sent" and CHANNELS[one.channel].audience in readers for one in deliveries)


def request_approvals(ctx: IncidentContext) -> None:
    """Requests the approvals that channels need before they send the announcement."""
    for channel in CHANNELS.values():
        if not channel.missing(ctx):
            channel.request_approval(ctx)


def notify_people(ctx: IncidentContext, *, key: str, text: str) -> list[Delivery]:
    """A message outside the usual workflow (failed execution, audit result) on every channel, once per `key`."""
    return publish(ctx, notice(bare_context(ctx), key, text))

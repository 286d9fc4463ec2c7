"""E-mail to responders through the alarms' topic: it needs no other vendor, so it is the last way to reach people."""

from responder.context import IncidentContext
from responder.contracts.channel import Channel, SendResult
from responder.domain.update import Kind, Update
from responder.domain.zone import in_zone
from responder.integrations.sns.topic import publish_to
from responder.notifications.messages.plain import plain_text, subject

TEXT_LIMIT = 20_000


class MailChannel(Channel):
    name = "mail"
    title = "E-mail (SNS)"
    # No progress: people would filter out a mail that comes every twenty minutes.
    kinds = frozenset(Kind) - {Kind.OPENED, Kind.PROGRESS, Kind.REPORT, Kind.UPSTREAM_ACTIVITY}

    def missing(self, ctx: IncidentContext) -> str | None:  # noqa: ARG002 - every deployment has the topic
        return None

    # SNS cannot be asked what it has sent: a repeat is sent again.
    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        zone = ctx.runbook.zone
        text, about = plain_text(update, TEXT_LIMIT, zone), subject(in_zone(update.headline, update.at, zone))
        return publish_to(ctx.settings.topic_arn, about, text, "published to the topic's subscribers")

"""E-mail to stakeholders through their own SNS topic: no requests and no alarms (S-22, S-106)."""

from responder.context import IncidentContext
from responder.contracts.channel import Channel, SendResult
from responder.domain.update import Audience, Kind, Update
from responder.integrations.sns.topic import publish_to
from responder.notifications.messages.plain import subject
from responder.notifications.messages.public_notice import stakeholder_text


class StakeholderChannel(Channel):
    name = "stakeholders"
    title = "Stakeholders' e-mail (SNS)"
    audience = Audience.STAKEHOLDERS
    kinds = frozenset({Kind.ANNOUNCED, Kind.MITIGATED, Kind.RESOLVED})

    def missing(self, ctx: IncidentContext) -> str | None:  # noqa: ARG002 - every deployment has the topic
        return None

    # SNS cannot be asked what it has sent: a repeat is sent again.
    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        text = stakeholder_text(update, ctx.incident)
        first = text.partition("\n")[0].partition(". ")[0].rstrip(".")
        sent = "published to their topic's subscribers"
        return publish_to(ctx.settings.stakeholder_topic_arn, subject(first), text, sent)

"""The ways to people: one file a channel, and its line here. The order is that of trust in an emergency, mail last."""

from collections.abc import Mapping

from responder.context import Desk
from responder.integrations.alert_note import Upstream
from responder.integrations.jira.channel import Ticket
from responder.integrations.slack.channel import Slack
from responder.integrations.sns.escalation_topic import LevelTopic
from responder.integrations.sns.mail import Mail
from responder.integrations.sns.stakeholders import Stakeholders
from responder.integrations.statuspage.channel import Statuspage
from responder.notifications import delivery
from responder.notifications.context import bare_situation
from responder.notifications.delivery import Channel, Delivery
from responder.notifications.messages import Update, notice

CHANNELS: Mapping[str, Channel] = {
    "slack": Slack(),
    "statuspage": Statuspage(),
    "upstream": Upstream(),
    "ticket": Ticket(),
    "level_topic": LevelTopic(),
    "stakeholders": Stakeholders(),
    "mail": Mail(),
}


def publish(desk: Desk, update: Update) -> list[Delivery]:
    """Tells people on every channel that carries this kind of update; what came of each is in the timeline too."""
    return delivery.publish(desk, update, CHANNELS)


def tell_people(desk: Desk, *, key: str, text: str) -> list[Delivery]:
    """A word outside the normal course (a failed execution, an audit's find) on every channel, once per `key`."""
    return publish(desk, notice(bare_situation(desk), key, text))

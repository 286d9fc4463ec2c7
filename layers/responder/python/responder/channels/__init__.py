"""The ways to people: one file a channel, and its line here. The order is that of trust in an emergency, mail last."""

from collections.abc import Mapping

from responder.adapters.desk import Desk
from responder.channels.level_topic import LevelTopic
from responder.channels.mail import Mail
from responder.channels.slack import Slack
from responder.channels.stakeholders import Stakeholders
from responder.channels.statuspage import Statuspage
from responder.channels.ticket import Ticket
from responder.channels.upstream import Upstream
from responder.messages import Update, notice
from responder.telling import delivery
from responder.telling.delivery import Channel, Delivery
from responder.telling.gathering import bare_situation

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

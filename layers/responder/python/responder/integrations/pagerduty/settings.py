"""PagerDuty's section of runbook.yaml: `vendors.pagerduty`."""

from responder.config.base import Url
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`from_email`: the user of our writes. `bot_user_id`: the same user in webhooks.
    `status_updates`: whether the incident's subscribers get status updates as well as notes.
    """

    title = "PagerDuty"

    api_url: Url = "https://api.pagerduty.com"
    from_email: str | None = None
    bot_user_id: str | None = None
    status_updates: bool = False

    @property
    def own_user(self) -> str | None:
        return self.bot_user_id

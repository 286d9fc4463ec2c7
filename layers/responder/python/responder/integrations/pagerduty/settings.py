"""PagerDuty's section of runbook.yaml: `vendors.pagerduty`."""

from typing import Annotated

from responder.config.base import Email, Url, api_of, looks_like
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`from_email`: the user of our writes. `bot_user_id`: the same user in webhooks.
    `status_updates`: whether the incident's subscribers get status updates as well as notes.
    """

    title = "PagerDuty"
    hosts = ("api.eu.pagerduty.com",)
    scoped_by = ("services", "teams", "tags")

    api_url: Annotated[Url, api_of("pagerduty.com")] = "https://api.pagerduty.com"
    from_email: Email | None = None
    bot_user_id: Annotated[str, looks_like(r"[A-Z0-9]{3,20}", "a user's id, such as PABC123")] | None = None
    status_updates: bool = False

    @property
    def sends_alerts(self) -> bool:
        return self.from_email is not None

    @property
    def own_user(self) -> str | None:
        return self.bot_user_id

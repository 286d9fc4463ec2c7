"""Opsgenie's section of runbook.yaml: `vendors.opsgenie`."""

from typing import Annotated, ClassVar

from responder.config.base import Url, api_of
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """Names: `escalation` to trigger, `schedule` that shows who is on call."""

    title = "Opsgenie"
    hosts: ClassVar[tuple[str, ...]] = ("api.eu.opsgenie.com",)
    scoped_by = ("integrations", "teams", "tags")

    api_url: Annotated[Url, api_of("opsgenie.com")] = "https://api.opsgenie.com"
    enabled: bool = False
    bot_user: str | None = None
    escalation: str | None = None
    schedule: str | None = None

    @property
    def sends_alerts(self) -> bool:
        return self.enabled

    @property
    def own_user(self) -> str | None:
        return self.bot_user

"""Slack's section of runbook.yaml: `vendors.slack`."""

from typing import Annotated

from responder.config.base import Url, looks_like
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`channel`: its id, from the channel's "About"; null without Slack, or if an incoming webhook sets it."""

    title = "Slack"

    api_url: Url = "https://slack.com/api"
    channel: Annotated[str, looks_like(r"[CG][A-Z0-9]{2,20}", "a channel's id, such as C0123456789")] | None = None

    @property
    def chat(self) -> str | None:
        return self.channel

"""Slack's section of runbook.yaml: `vendors.slack`."""

from responder.config.base import Url
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`channel`: its id or name; null without Slack, or if an incoming webhook sets the channel."""

    title = "Slack"

    api_url: Url = "https://slack.com/api"
    channel: str | None = None

    @property
    def chat(self) -> str | None:
        return self.channel

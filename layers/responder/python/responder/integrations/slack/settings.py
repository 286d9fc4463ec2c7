"""Slack's section of runbook.yaml: `vendors.slack`."""

from responder.config.base import Url
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`channel`: its id or name; null where nothing goes to Slack, or an incoming webhook knows its own."""

    title = "Slack"

    api_url: Url = "https://slack.com/api"
    channel: str | None = None

    @property
    def chat(self) -> str | None:
        return self.channel

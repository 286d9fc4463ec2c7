"""Slack's section of runbook.yaml: `vendors.slack`."""

from typing import Annotated

from responder.config.base import Url, looks_like
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`channel`: its id, from the channel's "About"; null without Slack, or if an incoming webhook sets it.

    `team_id` (of the workspace, or E… of an organisation) and `app_id`: whose buttons may decide
    (docs/tasks/slack-buttons.md).
    """

    title = "Slack"

    api_url: Url = "https://slack.com/api"
    channel: Annotated[str, looks_like(r"[CG][A-Z0-9]{2,20}", "a channel's id, such as C0123456789")] | None = None

    team_id: Annotated[str, looks_like(r"[TE][A-Z0-9]{2,20}", "a workspace's id, such as T0123456789")] | None = None
    app_id: Annotated[str, looks_like(r"A[A-Z0-9]{2,20}", "an app's id, such as A0123456789")] | None = None

    @property
    def approval_flaw(self) -> str | None:
        given = self.team_id and self.app_id
        return None if given else "buttons in Slack need vendors.slack.team_id and vendors.slack.app_id"

    @property
    def chat(self) -> str | None:
        return self.channel

"""Jira Cloud's section of runbook.yaml: `vendors.jira`."""

from responder.config.base import Email, Url
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`api_url`: https://SITE.atlassian.net/rest/api/3. `email`: the bot user whose API token is in the credentials.

    `follow_up_owner`: the account id of whoever gets the ticket when the incident is over, or null.
    """

    title = "Jira"

    api_url: Url | None = None
    project_key: str | None = None
    issue_type: str = "Task"
    email: Email | None = None
    follow_up_owner: str | None = None

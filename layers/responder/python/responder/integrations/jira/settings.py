"""Jira Cloud's section of runbook.yaml: `vendors.jira`."""

from typing import Annotated

from responder.config.base import Email, Url, looks_like
from responder.config.integrations import VendorSettings

API = "the address of the API itself, such as https://SITE.atlassian.net/rest/api/3"


class Settings(VendorSettings):
    """`api_url`: https://SITE.atlassian.net/rest/api/3. `email`: the bot user whose API token is in the credentials.

    `follow_up_owner`: the account id of the person who gets the ticket after the end, or null.
    """

    title = "Jira"

    api_url: Annotated[Url, looks_like(r"[^?#%]*/rest/api/3", API)] | None = None
    project_key: Annotated[str, looks_like(r"[A-Z][A-Z0-9_]+", "a project's key, such as OPS")] | None = None
    issue_type: str = "Task"
    email: Email | None = None
    follow_up_owner: str | None = None

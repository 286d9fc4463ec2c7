"""The section of Jira Service Management's alerts in runbook.yaml: `vendors.jsm`."""

from responder.config.base import Url
from responder.integrations.opsgenie import settings as opsgenie


class Settings(opsgenie.Settings):
    """The same as Opsgenie's."""

    title = "Jira Service Management"

    api_url: Url = "https://api.atlassian.com/jsm/ops/integration"

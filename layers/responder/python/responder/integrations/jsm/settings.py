"""The `vendors.jsm` section of runbook.yaml: alerts of Jira Service Management."""

from responder.config.base import Url
from responder.integrations.opsgenie import settings as opsgenie


class Settings(opsgenie.Settings):
    """The same fields as Opsgenie's."""

    title = "Jira Service Management"
    hosts = ()

    api_url: Url = "https://api.atlassian.com/jsm/ops/integration"

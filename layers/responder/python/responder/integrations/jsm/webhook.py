"""Jira Service Management operations webhooks: Opsgenie's successor."""

from responder.domain.alert import Source
from responder.integrations.opsgenie.alert_actions import adapter

ADAPTER = adapter(Source.JSM, "jsm")

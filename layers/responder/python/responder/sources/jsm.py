"""Jira Service Management operations webhooks: Opsgenie's successor."""

from responder.sources.alert_actions import adapter
from responder.words import Source

ADAPTER = adapter(Source.JSM, "jsm")

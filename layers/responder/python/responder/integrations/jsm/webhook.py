"""Jira Service Management operations webhooks: Opsgenie's successor."""

from responder.integrations.opsgenie.alert_actions import adapter

ADAPTER = adapter("jsm", "jsm")

"""Opsgenie webhooks."""

from responder.integrations.opsgenie.alert_actions import adapter

ADAPTER = adapter("opsgenie", "og")

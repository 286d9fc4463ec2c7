"""Opsgenie webhooks."""

from responder.sources.alert_actions import adapter
from responder.words import Source

ADAPTER = adapter(Source.OPSGENIE, "og")

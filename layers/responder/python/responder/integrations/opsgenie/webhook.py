"""Opsgenie webhooks."""

from responder.domain.alert import Source
from responder.integrations.opsgenie.alert_actions import adapter

ADAPTER = adapter(Source.OPSGENIE, "og")

"""Opsgenie webhooks."""

from responder.domain.vocabulary import Source
from responder.integrations.opsgenie.alert_actions import adapter

ADAPTER = adapter(Source.OPSGENIE, "og")

"""Webhook sources: who may wake us, and how their bodies become an Alert. A new one is a file here and a line below."""

from responder.sources import jsm, opsgenie, pagerduty
from responder.sources.base import Authenticity, Ignored, Malformed, Parsed, SourceAdapter
from responder.sources.webhook_secrets import active_secrets

SOURCES: dict[str, SourceAdapter] = {
    "pagerduty": pagerduty.ADAPTER,
    "opsgenie": opsgenie.ADAPTER,
    "jsm": jsm.ADAPTER,
}

__all__ = ["SOURCES", "Authenticity", "Ignored", "Malformed", "Parsed", "SourceAdapter", "active_secrets"]

"""The registry of webhook sources. To add one, write its file and add a line here."""

from responder.contracts.source import SourceAdapter
from responder.integrations.jsm import webhook as jsm_webhook
from responder.integrations.opsgenie import webhook as opsgenie_webhook
from responder.integrations.pagerduty import webhook as pagerduty_webhook

SOURCES: dict[str, SourceAdapter] = {
    "pagerduty": pagerduty_webhook.ADAPTER,
    "opsgenie": opsgenie_webhook.ADAPTER,
    "jsm": jsm_webhook.ADAPTER,
}

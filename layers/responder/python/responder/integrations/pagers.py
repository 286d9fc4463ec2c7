"""The pagers that send alerts and that we write back to: one entry per source."""

from collections.abc import Mapping

from responder.contracts.pager import Pager
from responder.domain.alert import Source
from responder.integrations.jsm import settings as jsm_settings
from responder.integrations.opsgenie import settings as opsgenie_settings
from responder.integrations.opsgenie.client import OpsgenieClient
from responder.integrations.pagerduty.client import PagerDutyClient

NO_PAGER = "the incident was started by hand, or its source has no pager"

PAGERS: Mapping[Source, Pager] = {
    "pagerduty": PagerDutyClient(),
    "opsgenie": OpsgenieClient("opsgenie", opsgenie_settings.Settings),
    "jsm": OpsgenieClient("jsm", jsm_settings.Settings),
}

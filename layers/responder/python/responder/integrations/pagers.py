"""The pagers that alerts come from, and that we write back to: one entry a source."""

from collections.abc import Mapping

from responder.contracts.pager import Pager
from responder.domain.alert import Source
from responder.integrations.jsm import settings as jsm_settings
from responder.integrations.opsgenie import settings as opsgenie_settings
from responder.integrations.opsgenie.client import OpsgenieClient
from responder.integrations.pagerduty.client import PagerDutyClient

PAGERS: Mapping[Source, Pager] = {
    Source.PAGERDUTY: PagerDutyClient(),
    Source.OPSGENIE: OpsgenieClient(Source.OPSGENIE, opsgenie_settings.Settings),
    Source.JSM: OpsgenieClient(Source.JSM, jsm_settings.Settings),
}

"""The pagers that alerts come from, and that we write back to: one entry a source."""

from collections.abc import Mapping

from responder.contracts.pager import Pager
from responder.domain.alert import Source
from responder.integrations.opsgenie.client import AlertApi
from responder.integrations.pagerduty.client import PagerDuty

PAGERS: Mapping[Source, Pager] = {
    Source.PAGERDUTY: PagerDuty(),
    Source.OPSGENIE: AlertApi(Source.OPSGENIE, "Opsgenie"),
    Source.JSM: AlertApi(Source.JSM, "Jira Service Management"),
}

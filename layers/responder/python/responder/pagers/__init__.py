"""The pagers that alerts come from, and that we write back to: one entry a source."""

from collections.abc import Mapping

from responder.pagers.alert_api import AlertApi
from responder.pagers.pagerduty import PagerDuty
from responder.pagers.vendor import Pager
from responder.words import Source

PAGERS: Mapping[Source, Pager] = {
    Source.PAGERDUTY: PagerDuty(),
    Source.OPSGENIE: AlertApi(Source.OPSGENIE, "Opsgenie"),
    Source.JSM: AlertApi(Source.JSM, "Jira Service Management"),
}

"""The pagers that send alerts and that we write back to: one entry per source."""

from collections.abc import Mapping

from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.pager import Pager
from responder.domain.alert import Source, UpstreamStatus
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


def status_now(ctx: IncidentContext) -> UpstreamStatus | None:
    """How the alert stands upstream by now: our stored state may be older.

    None if the pager cannot be asked or does not answer: then the stored state counts. Resolved for a merge.
    """
    pager = PAGERS.get(ctx.incident.source)
    try:
        state = pager.state(ctx) if pager and not pager.unreadable(ctx) else None
    except SecretUnreadable:
        return None
    return None if state is None or isinstance(state, RequestRefused) else UpstreamStatus(state.status)

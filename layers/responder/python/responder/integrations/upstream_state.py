"""How the alert stands upstream by now: our stored state may be older."""

from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.domain.alert import UpstreamStatus
from responder.integrations.pagers import PAGERS


def status_now(ctx: IncidentContext) -> UpstreamStatus | None:
    """None if the pager cannot be asked or does not answer: then the stored state counts. Resolved for a merge."""
    pager = PAGERS.get(ctx.incident.source)
    try:
        state = pager.state(ctx) if pager and not pager.unreadable(ctx) else None
    except SecretUnreadable:
        return None
    return None if state is None or isinstance(state, RequestRefused) else UpstreamStatus(state.status)

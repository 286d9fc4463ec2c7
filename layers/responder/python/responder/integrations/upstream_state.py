"""Whether the alert has ended upstream by now: our stored state may be older."""

from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.integrations.pagers import PAGERS


def is_over_now(ctx: IncidentContext) -> bool | None:
    """None if the pager cannot be asked or does not answer: then the stored state counts. True for a merge."""
    pager = PAGERS.get(ctx.incident.source)
    try:
        state = pager.state(ctx) if pager and not pager.unreadable(ctx) else None
    except SecretUnreadable:
        return None
    return None if state is None or isinstance(state, RequestRefused) else state.status == "resolved"

"""Whether the alert is over upstream at this moment: what reached us may be older than what is about to be done."""

from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.integrations.pagers import PAGERS


def is_over_now(ctx: IncidentContext) -> bool | None:
    """None where nobody can be asked, or gave no answer: then what is stored counts. A merged incident is over too."""
    pager = PAGERS.get(ctx.incident.source)
    try:
        state = pager.state(ctx) if pager and not pager.unreadable(ctx) else None
    except SecretUnreadable:
        return None
    return None if state is None or isinstance(state, RequestRefused) else state.status == "resolved"

"""Whether the alert is over upstream at this moment: what reached us may be older than what is about to be done."""

from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import Refused
from responder.context import Desk
from responder.integrations.pagers import PAGERS


def is_over_now(desk: Desk) -> bool | None:
    """None where nobody can be asked, or gave no answer: then what is stored counts. A merged incident is over too."""
    pager = PAGERS.get(desk.incident.source)
    try:
        state = pager.state(desk) if pager and not pager.unreadable(desk) else None
    except SecretUnreadable:
        return None
    return None if state is None or isinstance(state, Refused) else state.status == "resolved"

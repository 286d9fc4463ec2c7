"""Resolving upstream by policy, when the incident closes because it recovered (docs/architecture.md#rule-3)."""

from responder.aws.parameters import is_stopped
from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import Refused
from responder.context import Desk
from responder.contracts.pager import Pager
from responder.integrations.pagers import PAGERS


def resolve_by_policy(desk: Desk) -> str | None:
    """Resolves where policy and state allow; otherwise returns why it is left to people."""
    pager = PAGERS.get(desk.incident.source)
    try:
        why = _forbidden(desk) or (pager.missing(desk) if pager else "it was started by hand")
        return why if why or pager is None else _resolve(desk, pager)
    except SecretUnreadable:
        return "the vendors' credentials cannot be read"


def _forbidden(desk: Desk) -> str | None:
    policy = desk.runbook.policies.resolve
    if policy == "never":
        return "the policy is never"
    if policy == "unacknowledged_only" and desk.incident.acknowledged_at:
        return "a person has acknowledged it"
    if desk.incident.checks_agree is False:
        return "our checks still fail"
    return "the stop switch is thrown" if is_stopped(desk.settings.stop_parameter) else None


def _resolve(desk: Desk, pager: Pager) -> str | None:
    """The state is read just before: who acknowledged in this moment has it."""
    state = pager.state(desk)
    if isinstance(state, Refused):
        return f"{pager.title} could not be asked for its state, {state.why}"
    if state.status == "resolved":
        return "somebody resolved it just now"
    if state.status == "acknowledged" and desk.runbook.policies.resolve == "unacknowledged_only":
        return f"it is acknowledged in {pager.title}"
    done = pager.resolve(desk)
    return f"{pager.title} refused, {done.why}" if isinstance(done, Refused) else None

"""Resolves the alert in the pager if the policy says so, once the incident is over (docs/architecture.md#rule-3)."""

from responder.aws.parameters import is_stopped
from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.pager import Pager
from responder.integrations.pagers import NO_PAGER, PAGERS


def left_upstream(ctx: IncidentContext) -> str:
    """Resolves by policy, and returns a sentence on what became of the alert upstream."""
    why = resolve_by_policy(ctx)
    return f"The alert upstream is left to people: {why}." if why else "The alert upstream is resolved too."


def resolve_by_policy(ctx: IncidentContext) -> str | None:
    """Resolves if policy and state allow; otherwise returns why it is left to people."""
    pager = PAGERS.get(ctx.incident.source)
    try:
        why = _forbidden(ctx) or (pager.missing(ctx) if pager else NO_PAGER)
        return why if why or pager is None else _resolve(ctx, pager)
    except SecretUnreadable as error:
        return f"the vendors' credentials cannot be read: {error}"


def _forbidden(ctx: IncidentContext) -> str | None:
    policy = ctx.runbook.policies.resolve
    if policy == "never":
        return "the policy is never"
    if policy == "unacknowledged_only" and ctx.incident.acknowledged_at:
        return "a person has acknowledged it"
    if ctx.incident.checks_agree is False:
        return "our checks still fail"
    return "the stop switch is thrown" if is_stopped(ctx.settings.stop_parameter) else None


def _resolve(ctx: IncidentContext, pager: Pager) -> str | None:
    """Reads the state first: a person may have acknowledged a moment ago."""
    state = pager.state(ctx)
    if isinstance(state, RequestRefused):
        return f"{pager.title} could not be asked for its state, {state.why}"
    if state.status == "resolved":
        return "somebody resolved it just now"
    if state.status == "acknowledged" and ctx.runbook.policies.resolve == "unacknowledged_only":
        return f"it is acknowledged in {pager.title}"
    done = pager.set_status(ctx, "resolved")
    return f"{pager.title} refused, {done.why}" if isinstance(done, RequestRefused) else None

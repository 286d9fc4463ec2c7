"""Acknowledges the alert in the pager if the policy says so. This silences the pager (docs/architecture.md#rule-3)."""

from responder.aws.parameters import is_stopped
from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.pager import Pager
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.integrations.pagers import NO_PAGER, PAGERS

_LOW = (Severity.P3, Severity.P4)


def acknowledge_by_policy(ctx: IncidentContext) -> str | None:
    """Acknowledges if policy, state and time-out allow it; otherwise returns why not. Both go into the timeline."""
    if ctx.incident.machine_acknowledged_at:
        return "acknowledged before"
    pager = PAGERS.get(ctx.incident.source)
    try:
        why = _forbidden(ctx) or (pager.missing(ctx) or pager.cannot_acknowledge(ctx) if pager else NO_PAGER)
        if why is None and pager is not None:
            why = _acknowledge(ctx, pager)
    except SecretUnreadable as error:
        why = f"the vendors' credentials cannot be read: {error}"
    if why is None:
        ctx.table.amend(ctx.incident.id, machine_acknowledged_at=now())
        text = "Acknowledged upstream by the workflow; the escalation clock runs until a person does."
        ctx.record("machine_acknowledged", text, key="machine-acknowledged")
    else:
        ctx.record("acknowledgement", f"Not acknowledged upstream: {why}.", key=f"not-acknowledged-{why}", routine=True)
    return why


def _forbidden(ctx: IncidentContext) -> str | None:
    policy, severity = ctx.runbook.policies.acknowledge, ctx.incident.severity
    if policy == "never":
        return "the policy is never"
    if policy == "low_severity" and severity not in _LOW:
        return f"the policy is low_severity, and this is {severity.value if severity else 'not classified'}"
    if ctx.incident.is_over_upstream:
        return "it is resolved, and acknowledging would reopen it"
    if is_stopped(ctx.settings.stop_parameter):
        return "the stop switch is thrown"
    return None


def _acknowledge(ctx: IncidentContext, pager: Pager) -> str | None:
    """Reads the state first: to acknowledge a resolved incident would reopen it."""
    state = pager.state(ctx)
    if isinstance(state, RequestRefused):
        return f"{pager.title} could not be asked for its state, {state.why}"
    if state.status != "triggered":
        return f"it is {state.status} there already"
    if not state.falls_back:
        return f"no acknowledgement time-out is known in {pager.title}, so it would silence the pager for good"
    done = pager.set_status(ctx, "acknowledged")
    if isinstance(done, RequestRefused):
        return f"{pager.title} refused, {done.why}"
    return None if done == "done" else "somebody was faster"

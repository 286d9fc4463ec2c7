"""Protects our quota at TwinMind by two service flags: `reject_non_critical` and `client_rate_limit_per_minute`
(S-61, S-73, S-74).
"""

from typing import Any

from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.service_flags_target import ServiceFlagsTarget
from responder.context import IncidentContext
from responder.diagnosis.quota import Quota, quota_of
from responder.domain.diagnosis import Cause


def _desired(ctx: IncidentContext) -> DesiredValues:
    incident = ctx.incident
    findings = ctx.table.findings(incident.id, incident.evidence_run) if incident.evidence_run else []
    limit, because = client_limit(
        quota_of(findings, ctx.runbook), ctx.runbook.service_flags.client_limit_share, incident.cause
    )
    values: dict[str, Any] = {"reject_non_critical": True}
    if limit is not None:
        values["client_rate_limit_per_minute"] = limit
    return DesiredValues(
        values=values,
        because=because,
        effect="Requests that the service calls non-critical are refused at its door, and it sends fewer to TwinMind.",
    )


def client_limit(quota: Quota, share: float, cause: Cause | None) -> tuple[int | None, str]:
    """How many requests a minute our client may make, and why; None if no limit is known, because none is made up."""
    basis, source = quota.limit, quota.source
    made = quota.requests_per_minute
    if cause is Cause.SERVICE_OVERLOADED and made and (basis is None or made < basis):
        # The service stays below TwinMind's limit, so that limit would not relieve it. Its own load must fall (S-61).
        basis, source = made, "what the service sends now"
    if basis is None:
        return None, "the client's limit is left alone, because TwinMind's limit was not seen and the tier is not known"
    return max(1, int(basis * share)), f"{share:.0%} of {basis} requests a minute ({source})"


ACTION = OverrideAction("quota", ServiceFlagsTarget, _desired)

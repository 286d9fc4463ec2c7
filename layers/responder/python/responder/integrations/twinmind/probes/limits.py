"""Our account's limits: `/account/limits`, if configured (S-69; docs/twinmind.md#account-limits)."""

from typing import Any

from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import call_twinmind, plan_of
from responder.integrations.twinmind.spare_calls import SKIPPED, take_calls

NAME = "twinmind_limits"
_COUNTS = ("rate_limit_per_minute", "concurrent_transcriptions", "context_tokens")


async def probe(ctx: ProbeContext) -> Finding:
    """Measures `configured`, `plan`, `rate_limit_per_minute`, `concurrent_transcriptions`, `context_tokens`, `answer`;
    or `skipped_for`. The limits are never a fault, so the status is ok or unknown."""
    path = ctx.runbook.endpoints.twinmind.limits_path
    if path is None:
        return ctx.saw(NAME, FindingStatus.OK, "Asking for the account's limits is not configured.", configured=False)
    granted, key = await take_calls(ctx, 1), await ctx.key()
    if isinstance(granted, str):
        summary = f"The account's limits were not asked for: {SKIPPED[granted]}."
        return ctx.saw(NAME, FindingStatus.OK, summary, configured=True, skipped_for=granted)
    reply = await call_twinmind(ctx, path, key=key, limit=SHORT_TIMEOUT_SECONDS)
    found = _limits(reply.answer.json()) if reply.word == "accepted" else {}
    if not found:
        summary = f"TwinMind did not say which limits our account has ({reply.answer.said})."
        return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=True, **reply.measurements)
    amounts = ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in found.items())
    return ctx.saw(
        NAME, FindingStatus.OK, f"Our account's limits: {amounts}.", configured=True, **found, **reply.measurements
    )


def _limits(body: Any) -> dict[str, int | str]:
    if not isinstance(body, dict):
        return {}
    found: dict[str, int | str] = {
        name: body[name] for name in _COUNTS if isinstance(body.get(name), int) and not isinstance(body[name], bool)
    }
    plan = plan_of(body)
    return found | ({"plan": plan} if plan else {})

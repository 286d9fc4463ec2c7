"""Reads one PagerDuty incident: state, alert details, its service's acknowledgement time-out."""

import asyncio
from typing import Any
from urllib.parse import quote

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import Json, inner, listed, mapping
from responder.contracts.probe import ProbeContext
from responder.integrations.pagerduty.settings import Settings
from responder.integrations.upstream_reading import (
    OnCall,
    Upstream,
    known_rules,
    leak_markers,
    named_rules,
)

VENDOR = "pagerduty"


async def read(ctx: ProbeContext) -> Upstream | Response | NoAnswer | None:
    """The result; the failed answer; or None without a credential."""
    token = await ctx.credential(VENDOR)
    if token is None:
        return None
    path = _path(ctx)
    answer, alerts = await asyncio.gather(incident(ctx, token), get(ctx, token, f"{path}/alerts", limit="100"))
    if not answer.ok:
        return answer
    seen = mapping(answer.json(), "incident")
    timeout = await _acknowledgement_timeout(ctx, token, inner(seen, "service", "id"))
    details = listed(alerts.json(), "alerts") if alerts.ok else []
    return _upstream(ctx, seen, details, answer, timeout)


def _path(ctx: ProbeContext) -> str:
    return f"/incidents/{quote(ctx.incident.upstream_id, safe='')}"


async def incident(ctx: ProbeContext, token: str) -> Response | NoAnswer:
    return await ctx.memo.get("pagerduty_incident", lambda: get(ctx, token, _path(ctx)))


def _upstream(ctx: ProbeContext, seen: Json, alerts: list[Json], answer: Response, timeout: int | None) -> Upstream:
    config = ctx.runbook.alerts
    named = {name for alert in alerts for name in named_rules(inner(alert, "body", "details"), config.label)}
    kind = inner(seen, "incident_type", "name")
    status = seen.get("status")
    return Upstream(
        status=status if status in ("triggered", "acknowledged", "resolved") else "unknown",
        alerts=len(alerts),
        alert_rules=known_rules(config, named),
        leak_markers=leak_markers(config, named, (), kind if isinstance(kind, str) else None),
        answer=answer,
        acknowledgement_timeout_seconds=timeout,
        # A merge resolves too, but does not show recovery (docs/vendor-apis.md#pagerduty-webhooks).
        merged=inner(seen, "resolve_reason", "type") == "merge_resolve_reason",
    )


async def _acknowledgement_timeout(ctx: ProbeContext, token: str, service: Any) -> int | None:
    """Seconds until an acknowledgement ends; 0 if it never does; None if unknown."""
    if not isinstance(service, str):
        return None
    answer = await get(ctx, token, f"/services/{quote(service, safe='')}")
    found = mapping(answer.json(), "service") if answer.ok else {}
    if "acknowledgement_timeout" not in found:
        return None
    value = found["acknowledgement_timeout"]
    return value if isinstance(value, int) else 0


async def get(ctx: ProbeContext, token: str, path: str, **params: str) -> Response | NoAnswer:
    headers = {"Accept": "application/vnd.pagerduty+json;version=2", "Content-Type": "application/json"}
    headers |= {"Authorization": f"Token token={token}"}
    return await ctx.call(
        "GET", ctx.runbook.vendors.of(Settings).api_url + path, headers=headers, params=params or None
    )


async def on_call(ctx: ProbeContext) -> OnCall | None:
    token = await ctx.credential(VENDOR)
    if token is None:
        return None
    answer = await incident(ctx, token)
    found = answer.json() if answer.ok else None
    identity = inner(found, "incident", "escalation_policy", "id")
    if not isinstance(identity, str):
        return answer, None
    wanted = {"escalation_policy_ids[]": identity, "earliest": "true", "limit": "100"}
    answer = await get(ctx, token, "/oncalls", **wanted)
    if not answer.ok:
        return answer, None
    first = [one for one in listed(answer.json(), "oncalls") if one.get("escalation_level") == 1]
    named = [str(inner(one, "user", "summary") or "") for one in first]
    return answer, list(dict.fromkeys(filter(None, named)))

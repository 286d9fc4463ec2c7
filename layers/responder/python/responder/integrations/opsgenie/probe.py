"""Reads one alert of Opsgenie or JSM's compatible API, which does not promise reads (docs/vendor-apis.md#jsm)."""

from urllib.parse import quote

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import Json, inner, mapping
from responder.contracts.probe import ProbeContext
from responder.integrations.opsgenie.settings import Settings
from responder.integrations.upstream_reading import OnCall, Upstream, known_rules, leak_markers, named_rules


async def read(ctx: ProbeContext) -> Upstream | Response | NoAnswer | None:
    """The result; the failed answer; or None if the vendor is disabled or has no credential."""
    vendor = ctx.runbook.vendors.named(ctx.incident.source)
    assert isinstance(vendor, Settings)  # noqa: S101 - JSM's settings are Opsgenie's
    key = await ctx.credential(ctx.incident.source) if vendor.enabled else None
    if key is None:
        return None
    url = f"{vendor.api_url}/v2/alerts/{quote(ctx.incident.upstream_id, safe='')}"
    headers = {"Authorization": f"GenieKey {key}"}
    answer = await ctx.call("GET", url, headers=headers, params={"identifierType": "id"})
    if not answer.ok:
        return answer
    return _upstream(ctx, mapping(answer.json(), "data"), answer)


def _upstream(ctx: ProbeContext, alert: Json, answer: Response) -> Upstream:
    config = ctx.runbook.alerts
    tags = [tag for tag in alert.get("tags") or () if isinstance(tag, str)]
    named = named_rules(alert.get("details"), config.label)
    return Upstream(
        status=_status(alert),
        alerts=1,
        alert_rules=known_rules(config, named | set(tags)),
        leak_markers=leak_markers(config, named, tags, None),
        answer=answer,
    )


def _status(alert: Json) -> str:
    if alert.get("status") == "closed":
        return "resolved"
    if alert.get("status") != "open":
        return "unknown"
    return "acknowledged" if alert.get("acknowledged") is True else "triggered"


async def on_call(ctx: ProbeContext) -> OnCall | None:
    """Who is on call by the configured schedule: an alert names teams and people, but no schedule."""
    vendor = ctx.runbook.vendors.of(Settings)
    key = await ctx.credential("opsgenie") if vendor.enabled and vendor.schedule else None
    if key is None or vendor.schedule is None:
        return None
    url = f"{vendor.api_url}/v2/schedules/{quote(vendor.schedule, safe='')}/on-calls"
    wanted = {"scheduleIdentifierType": "name", "flat": "true"}
    answer = await ctx.call("GET", url, headers={"Authorization": f"GenieKey {key}"}, params=wanted)
    if not answer.ok:
        return answer, None
    named = inner(answer.json(), "data", "onCallRecipients")
    return answer, [name for name in named if isinstance(name, str)] if isinstance(named, list) else None

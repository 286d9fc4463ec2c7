"""Who is on call now? (runbook S-4, S-96; PagerDuty "List all of the on-calls", Opsgenie "Get On Calls")"""

from typing import Any
from urllib.parse import quote

from responder.clients.http import NoAnswer, Response
from responder.contracts.probe import ProbeContext, exchange
from responder.domain.finding import Finding, FindingStatus
from responder.domain.redact import redact
from responder.integrations.opsgenie import settings as opsgenie_settings
from responder.integrations.pagerduty import probe as pagerduty_probe
from responder.integrations.upstream_reading import child, objects

NAME = "upstream_on_call"
MOST_NAMES = 5


async def probe(ctx: ProbeContext) -> Finding:
    """Measures `vendor`, `configured`, `on_call` (people of the first level), `on_call_names`. Nobody is degraded."""
    source = ctx.incident.source
    readers = {"pagerduty": _of_pagerduty, "opsgenie": _of_opsgenie}
    found = await readers[source](ctx) if source in readers else None
    measured: dict[str, Any] = {"vendor": source}
    if found is None:
        summary = f"Who is on call cannot be asked of {source}: that is not configured."
        return ctx.saw(NAME, FindingStatus.OK, summary, configured=False, **measured)
    answer, people = found
    measured |= {"configured": True, **exchange(answer)}
    if people is None:
        why = answer.sentence if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
        summary = f"{source} could not be asked who is on call: {why}."
        return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, **measured)
    names = [redact(" ".join(name.split()))[:40] for name in people[:MOST_NAMES]]
    measured |= {"on_call": len(people), "on_call_names": names}
    if not people:
        return ctx.saw(NAME, FindingStatus.DEGRADED, f"Nobody is on call, says {source}.", **measured)
    return ctx.saw(NAME, FindingStatus.OK, f"On call, says {source}: {', '.join(names)}.", **measured)


People = tuple[Response | NoAnswer, list[str] | None]


async def _of_pagerduty(ctx: ProbeContext) -> People | None:
    """The first level of the incident's escalation policy."""
    token = await ctx.credential(pagerduty_probe.VENDOR)
    if token is None:
        return None
    answer = await pagerduty_probe.incident(ctx, token)
    policy = _body(answer, "incident").get("escalation_policy")
    identity = policy.get("id") if isinstance(policy, dict) else None
    if not isinstance(identity, str):
        return answer, None
    wanted = {"escalation_policy_ids[]": identity, "earliest": "true", "limit": "100"}
    answer = await pagerduty_probe.get(ctx, token, "/oncalls", **wanted)
    if isinstance(answer, NoAnswer) or not answer.ok:
        return answer, None
    first = [one for one in objects(answer.json(), "oncalls") if one.get("escalation_level") == 1]
    named = [str(child(one, "user").get("summary") or "") for one in first]
    return answer, list(dict.fromkeys(filter(None, named)))


async def _of_opsgenie(ctx: ProbeContext) -> People | None:
    """Of the configured schedule: an alert names teams and people, and no schedule."""
    vendor = ctx.runbook.vendors.of(opsgenie_settings.Settings)
    key = await ctx.credential("opsgenie") if vendor.enabled and vendor.schedule else None
    if key is None or vendor.schedule is None:
        return None
    url = f"{vendor.api_url}/v2/schedules/{quote(vendor.schedule, safe='')}/on-calls"
    wanted = {"scheduleIdentifierType": "name", "flat": "true"}
    answer = await ctx.call("GET", url, headers={"Authorization": f"GenieKey {key}"}, params=wanted)
    if isinstance(answer, NoAnswer) or not answer.ok:
        return answer, None
    listed = child(answer.json(), "data").get("onCallRecipients")
    return answer, [name for name in listed if isinstance(name, str)] if isinstance(listed, list) else None


def _body(answer: Response | NoAnswer, name: str) -> dict[str, Any]:
    return child(answer.json(), name) if isinstance(answer, Response) and answer.ok else {}

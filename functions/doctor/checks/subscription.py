"""Checks PagerDuty's webhook subscription and its secret.

A ping does not name a service (PagerDuty, "Webhooks overview", `pagey.ping`). So the subscription's filter must show
whether its services are in scope.
"""

import time
from datetime import datetime
from urllib.parse import quote

from checks.check import Result, body_of, ok, unknown, wrong
from responder.aws.parameters import api_url
from responder.clients.http import Response
from responder.clients.responses import Json, listed, mapping, refused
from responder.context import IncidentContext
from responder.domain.alert import Ping, ping_record
from responder.domain.clock import now
from responder.integrations.pagerduty.client import call
from responder.integrations.pagerduty.webhook_events import EVENTS

# Time for the cold start of two functions, and for the queue between them.
PING_SECONDS, PINGS = 20.0, 2
NO_SUBSCRIPTION = "no webhook subscription of PagerDuty calls"


def agrees(ctx: IncidentContext) -> Result:
    """It exists, is active, not disabled after failures, gets every event that we read, and agrees with the scope."""
    found = ours(ctx)
    if isinstance(found, Result):
        return found
    return next((flaw for one in found if (flaw := _flaw(ctx, one))), None) or _together(ctx, found)


def _flaw(ctx: IncidentContext, one: Json) -> Result | None:
    if not one.get("active"):
        return wrong("it is switched off, so no alert comes", "switch it on in PagerDuty")
    if mapping(one.get("delivery_method")).get("temporarily_disabled"):
        return wrong("PagerDuty disabled it after failed deliveries and dropped what waited",
                     "correct the secret, enable it in PagerDuty, and look for alerts of that time")  # fmt: skip
    if missing := sorted(set(EVENTS) - set(one.get("events") or [])):
        return wrong(f"it lacks {len(missing)} events, such as {', '.join(missing[:3])}", "select every incident event")
    scope, given = ctx.runbook.scope, mapping(one.get("filter"))
    if scope == "any" or given.get("type") == "account_reference" or scope.tags:
        return None
    name = str(given.get("id"))
    if name in (scope.services if given.get("type") == "service_reference" else scope.teams):
        return None
    return wrong(f"it is of {name}, which scope does not name: every alert is dropped", f"add {name} to scope")


def _together(ctx: IncidentContext, subscriptions: list[Json]) -> Result:
    """If no subscription is for a service in scope, its alerts are lost. One of a team or the account may cover it."""
    filters = [mapping(one.get("filter")) for one in subscriptions]
    of = {str(one.get("id")) for one in filters if one.get("id")}
    services = () if ctx.runbook.scope == "any" else ctx.runbook.scope.services
    silent = sorted(set(services) - of)
    if silent and all(one.get("type") == "service_reference" for one in filters):
        return wrong(f"none is of {', '.join(silent)}, which is in scope: no alert of it comes",
                     "add a subscription for it, or take it out of scope")  # fmt: skip
    return ok(f"active, with every event, of {', '.join(sorted(of)) or 'the account'}")


def ours(ctx: IncidentContext) -> list[Json] | Result:
    """The subscriptions that call this stack: the active ones if there are any, because old ones may be left."""
    own = api_url(ctx.settings.api_url_parameter)
    if own is None:
        return unknown("the stack's own address cannot be read", "run the doctor again")
    url = f"{own}/webhooks/pagerduty"
    answer = call(ctx, "GET", "/webhook_subscriptions?limit=100")
    found = body_of(answer, "GET /webhook_subscriptions", "give the key the right to read webhook subscriptions")
    if isinstance(found, Result):
        return found
    subscriptions = listed(mapping(found).get("webhook_subscriptions"))
    found_here = [one for one in subscriptions if mapping(one.get("delivery_method")).get("url") == url]
    if not found_here:
        return wrong(f"{NO_SUBSCRIPTION} {url}", "responder configure pager shows how to make it")
    return [one for one in found_here if one.get("active")] or found_here


def webhook_secret(ctx: IncidentContext) -> Result:
    """PagerDuty never shows the secret again. So a ping must prove it, on the same way as an alert."""
    found = ours(ctx)
    if isinstance(found, Result):
        return unknown("there is no subscription to try it with", "see the check before")
    results = [_pinged(ctx, str(one.get("id"))) for one in found]
    return next((one for one in results if one.outcome != "ok"), results[0])


def _pinged(ctx: IncidentContext, subscription_id: str) -> Result:
    began = now()
    # The first ping may meet two cold starts and a slow network. The second meets warm functions.
    for _ in range(PINGS):
        answer = call(ctx, "POST", f"/webhook_subscriptions/{quote(subscription_id, safe='')}/ping")
        if not isinstance(answer, Response) or answer.status != 202:
            return unknown(f"no ping could be sent: {refused(answer).why}", "send it in PagerDuty")
        if _came(ctx, subscription_id, began):
            return ok("a ping came through, signed as it should be")
    todo = "put the subscription's signing secret in: responder configure pager"
    return wrong(f"{PINGS} pings did not come through, each within {PING_SECONDS:.0f} s", todo)


def _came(ctx: IncidentContext, subscription_id: str, since: datetime) -> bool:
    deadline = time.monotonic() + PING_SECONDS
    while time.monotonic() < deadline:
        ping = ctx.table.get_record(ping_record("pagerduty", subscription_id), Ping)
        if ping and ping.at >= since:
            return True
        time.sleep(0.2)
    return False

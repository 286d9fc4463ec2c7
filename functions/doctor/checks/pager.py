"""PagerDuty: the key, our user there, the subscription and its secret, the acknowledgement time-out. Opsgenie's key."""

import time
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from checks.check import Check, Result, body_of, off, ok, unknown, wrong
from responder.aws.parameters import api_url
from responder.clients.http import NoAnswer, Response
from responder.clients.responses import listed, mapping, refused
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.ping import Ping, ping_record
from responder.integrations.jsm.settings import Settings as Jsm
from responder.integrations.opsgenie.settings import Settings as Opsgenie
from responder.integrations.pagerduty.client import call
from responder.integrations.pagerduty.settings import Settings
from responder.integrations.pagerduty.webhook_events import EVENTS

# A cold start of two functions, and the queue between them.
PING_SECONDS, PINGS = 20.0, 2
NO_KEY = "no API key is there (vendor credentials, pagerduty)"
NO_SUBSCRIPTION = "no webhook subscription of PagerDuty calls"


def _with_key(look: Check) -> Check:
    return lambda ctx: look(ctx) if ctx.credentials.of("pagerduty") else off(NO_KEY)


def key(ctx: IncidentContext) -> Result:
    found = body_of(call(ctx, "GET", "/users?limit=1"), "GET /users", "responder configure pager: a key that may read")
    return found if isinstance(found, Result) else ok("accepted")


def our_user(ctx: IncidentContext) -> Result:
    """As in Pager.cannot_acknowledge: a wrong bot user makes our acknowledgement a person's."""
    vendor = ctx.runbook.vendors.of(Settings)
    if not vendor.from_email or not vendor.bot_user_id:
        return wrong("from_email or bot_user_id is not set, so nothing is written there", "responder configure pager")
    answer = call(ctx, "GET", f"/users?{urlencode({'query': vendor.from_email})}")
    found = body_of(answer, "GET /users", "responder configure pager")
    if isinstance(found, Result):
        return found
    mail = vendor.from_email.lower()
    owners = [one.get("id") for one in listed(mapping(found).get("users")) if str(one.get("email")).lower() == mail]
    if not owners:
        return wrong(f"no user has {vendor.from_email}, so every note is refused", "responder configure pager")
    if owners != [vendor.bot_user_id]:
        return wrong(f"bot_user_id is not the user of {vendor.from_email}, who is {owners[0]}: our own "
                     "acknowledgement would end the escalation", f"set bot_user_id: {owners[0]}")  # fmt: skip
    return ok(f"{vendor.from_email} is {vendor.bot_user_id}")


def subscription(ctx: IncidentContext) -> Result:
    """Exists, is active, gets every event that is read, is not disabled after failures, and is in scope."""
    found = _subscription(ctx)
    if isinstance(found, Result):
        return found
    if not found.get("active"):
        return wrong("it is switched off, so no alert comes", "switch it on in PagerDuty")
    if mapping(found.get("delivery_method")).get("temporarily_disabled"):
        return wrong("PagerDuty disabled it after failed deliveries and dropped what waited",
                     "correct the secret, enable it in PagerDuty, and look for alerts of that time")  # fmt: skip
    if missing := sorted(set(EVENTS) - set(found.get("events") or [])):
        return wrong(f"it lacks {len(missing)} events, such as {', '.join(missing[:3])}", "select every incident event")
    return _in_scope(ctx, mapping(found.get("filter")))


def _in_scope(ctx: IncidentContext, given: dict[str, Any]) -> Result:
    scope, name = ctx.runbook.scope, str(given.get("id"))
    if scope == "any" or given.get("type") == "account_reference":
        return ok("active, with every event")
    taken = scope.services if given.get("type") == "service_reference" else scope.teams
    if name not in taken and not scope.tags:
        return wrong(f"it is of {name}, which scope does not name: every alert is dropped", f"add {name} to scope")
    return ok(f"active, with every event, of {name} in scope")


def _subscription(ctx: IncidentContext) -> dict[str, Any] | Result:
    own = api_url(ctx.settings.api_url_parameter)
    if own is None:
        return unknown("the stack's own address cannot be read", "run the doctor again")
    url = f"{own}/webhooks/pagerduty"
    answer = call(ctx, "GET", "/webhook_subscriptions?limit=100")
    found = body_of(answer, "GET /webhook_subscriptions", "give the key the right to read webhook subscriptions")
    if isinstance(found, Result):
        return found
    subscriptions = listed(mapping(found).get("webhook_subscriptions"))
    ours = [one for one in subscriptions if mapping(one.get("delivery_method")).get("url") == url]
    return ours[0] if ours else wrong(f"{NO_SUBSCRIPTION} {url}", "responder configure pager shows how to make it")


def webhook_secret(ctx: IncidentContext) -> Result:
    """The vendor shows the secret never again: a ping that comes through proves it, on the way that alerts take."""
    found = _subscription(ctx)
    if isinstance(found, Result):
        return unknown("there is no subscription to try it with", "see the check before")
    began = now()
    # The first may meet two cold starts and a slow network; the second meets warm functions.
    for _ in range(PINGS):
        answer = call(ctx, "POST", f"/webhook_subscriptions/{quote(str(found.get('id')), safe='')}/ping")
        if not isinstance(answer, Response) or answer.status != 202:
            return unknown(f"no ping could be sent: {refused(answer).why}", "send it in PagerDuty")
        if _came(ctx, began):
            return ok("a ping came through, signed as it should be")
    todo = "put the subscription's signing secret in: responder configure pager"
    return wrong(f"{PINGS} pings did not come through, each within {PING_SECONDS:.0f} s", todo)


def _came(ctx: IncidentContext, since: datetime) -> bool:
    deadline = time.monotonic() + PING_SECONDS
    while time.monotonic() < deadline:
        ping = ctx.table.get_record(ping_record("pagerduty"), Ping)
        if ping and ping.at >= since:
            return True
        time.sleep(0.2)
    return False


def acknowledgement_timeout(ctx: IncidentContext) -> Result:
    services = () if ctx.runbook.scope == "any" else ctx.runbook.scope.services
    if not services:
        found = _subscription(ctx)
        given = {} if isinstance(found, Result) else mapping(found.get("filter"))
        services = (str(given["id"]),) if given.get("type") == "service_reference" else ()
    for service in services:
        found = body_of(call(ctx, "GET", f"/services/{quote(service, safe='')}"), f"service {service}", "correct scope")
        if isinstance(found, Result):
            return found
        if not mapping(mapping(found).get("service")).get("acknowledgement_timeout"):
            return wrong(f"service {service} has none, so the responder never acknowledges there",
                         "set an acknowledgement time-out on the service in PagerDuty")  # fmt: skip
    return (
        ok(f"set on {', '.join(services)}")
        if services
        else unknown("no service is named to look at", "name it in scope")
    )


def alerts_key(settings: type[Opsgenie], name: str, ctx: IncidentContext) -> Result:
    vendor = ctx.runbook.vendors.of(settings)
    if not vendor.enabled:
        return off(f"not enabled (vendors.{name}.enabled)")
    if not ctx.credentials.of(name):
        return wrong(f"no API key (vendor credentials, {name})", "responder configure pager")
    answer = ctx.call_as(name, partial(_list_alerts, ctx, vendor.api_url))
    if name == "jsm" and isinstance(answer, Response) and answer.status in (404, 405):
        return unknown("its integration API lists no alerts, so the key cannot be tried", "send a test incident")
    found = body_of(answer, "GET /v2/alerts", "responder configure pager")
    return found if isinstance(found, Result) else ok("accepted")


def _list_alerts(ctx: IncidentContext, url: str, api_key: str) -> Response | NoAnswer:
    return ctx.http.call("GET", f"{url}/v2/alerts?limit=1", headers={"Authorization": f"GenieKey {api_key}"})


CHECKS: dict[str, Check] = {
    "PagerDuty key": _with_key(key),
    "PagerDuty user": _with_key(our_user),
    "PagerDuty subscription": _with_key(subscription),
    "PagerDuty webhook secret": _with_key(webhook_secret),
    "PagerDuty acknowledgement time-out": _with_key(acknowledgement_timeout),
    "Opsgenie key": partial(alerts_key, Opsgenie, "opsgenie"),
    "JSM key": partial(alerts_key, Jsm, "jsm"),
}

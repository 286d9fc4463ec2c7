"""Checks PagerDuty (key, our user, people, acknowledgement time-out), and the keys of Opsgenie and JSM."""

from functools import partial
from urllib.parse import quote, urlencode

from checks import subscription
from checks.check import Check, Result, body_of, off, ok, unknown, wrong
from responder.clients.responses import listed, mapping
from responder.context import IncidentContext
from responder.domain.alert import Source
from responder.integrations.jsm.settings import Settings as Jsm
from responder.integrations.opsgenie.key_trial import is_taken, try_key
from responder.integrations.opsgenie.settings import Settings as Opsgenie
from responder.integrations.pagerduty.client import call
from responder.integrations.pagerduty.settings import Settings

NO_KEY = "no API key is there (vendor credentials, pagerduty)"


def _with_key(look: Check) -> Check:
    return lambda ctx: look(ctx) if ctx.credentials.of("pagerduty") else off(NO_KEY)


def key(ctx: IncidentContext) -> Result:
    found = body_of(call(ctx, "GET", "/users?limit=1"), "GET /users", "responder configure pager: a key that may read")
    return found if isinstance(found, Result) else ok("accepted")


def our_user(ctx: IncidentContext) -> Result:
    """As Pager.cannot_acknowledge: with a wrong bot user, our acknowledgement would look like a person's."""
    vendor = ctx.runbook.vendors.of(Settings)
    if not vendor.from_email or not vendor.bot_user_id:
        return wrong("from_email or bot_user_id is not set, so nothing is written there", "responder configure pager")
    owners = _owners(ctx, vendor.from_email)
    if isinstance(owners, Result):
        return owners
    if not owners:
        return wrong(f"no user has {vendor.from_email}, so every note is refused", "responder configure pager")
    if owners != [vendor.bot_user_id]:
        return wrong(f"bot_user_id is not the user of {vendor.from_email}, who is {owners[0]}: our own "
                     "acknowledgement would end the escalation", f"set bot_user_id: {owners[0]}")  # fmt: skip
    return ok(f"{vendor.from_email} is {vendor.bot_user_id}")


def acknowledgement_timeout(ctx: IncidentContext) -> Result:
    services = () if ctx.runbook.scope == "any" else ctx.runbook.scope.services
    if not services:
        found = subscription.ours(ctx)
        filters = [] if isinstance(found, Result) else [mapping(one.get("filter")) for one in found]
        services = tuple(str(one["id"]) for one in filters if one.get("type") == "service_reference")
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


def alerts_key(settings: type[Opsgenie], name: Source, ctx: IncidentContext) -> Result:
    vendor = ctx.runbook.vendors.of(settings)
    if not vendor.enabled:
        return off(f"not enabled (vendors.{name}.enabled)")
    if not ctx.credentials.of(name):
        return wrong(f"no API key (vendor credentials, {name})", f"responder configure {name}")
    answer = ctx.call_as(name, partial(try_key, ctx.http, name, vendor.api_url))
    if is_taken(answer):
        return ok("accepted")
    found = body_of(answer, "GET /v2/alerts", f"responder configure {name}")
    return found if isinstance(found, Result) else unknown("the answer is not its own", "look at its api_url")


def people(ctx: IncidentContext) -> Result:
    """Checks the people whose Acknowledge and Resolve in Slack are passed on. Without an account, our user is named."""
    named = sorted(set(ctx.runbook.approvals.pager_users.values()))
    if not named:
        return off("nobody is named (approvals.pager_users)")
    for mail in named:
        owners = _owners(ctx, mail)
        if isinstance(owners, Result):
            return owners
        if not owners:
            return wrong(f"PagerDuty has no user {mail}, so a press in Slack is not written in that name",
                         "correct approvals.pager_users, or invite the address to PagerDuty")  # fmt: skip
    return ok(f"{len(named)} of {len(named)} are there")


def _owners(ctx: IncidentContext, mail: str) -> list[str] | Result:
    """The ids of the users with exactly this address. PagerDuty's `query` also finds parts of an address."""
    answer = call(ctx, "GET", f"/users?{urlencode({'query': mail})}")
    found = body_of(answer, "GET /users", "responder configure pager")
    if isinstance(found, Result):
        return found
    users = listed(mapping(found).get("users"))
    return [str(one.get("id")) for one in users if str(one.get("email")).lower() == mail.lower()]


CHECKS: dict[str, Check] = {
    "PagerDuty key": _with_key(key),
    "PagerDuty user": _with_key(our_user),
    "PagerDuty subscription": _with_key(subscription.agrees),
    "PagerDuty webhook secret": _with_key(subscription.webhook_secret),
    "PagerDuty acknowledgement time-out": _with_key(acknowledgement_timeout),
    "PagerDuty people": _with_key(people),
    "Opsgenie key": partial(alerts_key, Opsgenie, "opsgenie"),
    "JSM key": partial(alerts_key, Jsm, "jsm"),
}

"""Checks TwinMind: the production key, the standby keys and the status page. Checks our clock as well."""

from email.utils import parsedate_to_datetime

from checks.check import Check, Result, body_of, ok, unknown, wrong
from responder.actions.rotate_key.check_standby_keys import try_staged
from responder.aws.secrets import api_key, read_secret
from responder.clients.http import NoAnswer
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.integrations.twinmind.key_check import check_key

ENOUGH, CLOCK_SECONDS = 2, 60


def production_key(ctx: IncidentContext) -> Result:
    twinmind = ctx.runbook.endpoints.twinmind
    stored = read_secret(ctx.settings.twinmind_api_key_secret)
    if stored is None:
        return wrong("the secret has no value", "put your TwinMind key in, or name your own secret in the deployment")
    key = api_key(stored, twinmind.key_json_field)
    if key is None:
        return wrong("no key in the secret: it is JSON and endpoints.twinmind.key_json_field does not fit it, or the "
                     "reverse", "set endpoints.twinmind.key_json_field")  # fmt: skip
    check = check_key(ctx.http, twinmind, key)
    if check.verdict == "failed":
        return wrong(f"TwinMind refuses it: {check.why}", "stage a key and rotate, or put the right key in")
    return ok(check.why) if check.passed else unknown(check.why, "look at endpoints.twinmind and the network")


def standby_keys(ctx: IncidentContext) -> Result:
    tested = try_staged(ctx.settings, ctx.runbook, ctx.http)
    bad = [f"key {one.place} is {one.state}" for one in tested if one.state in ("refused", "leaked", "in_use")]
    works = sum(one.state == "works" for one in tested)
    if not tested:
        return wrong("none is staged, so no rotation is possible at night", "responder stage-key, twice")
    if bad:
        return wrong(f"{'; '.join(bad)} ({works} would work)", "take it off the list, then responder stage-key")
    if works < len(tested):
        return unknown(f"{len(tested) - works} of {len(tested)} could not be tested", "look at endpoints.twinmind")
    return ok(f"{works} work") if works >= ENOUGH else wrong(f"only {works} is staged", "responder stage-key")


def status_page(ctx: IncidentContext) -> Result:
    url = f"{ctx.runbook.endpoints.status_page_url}/api/v2/status.json"
    found = body_of(ctx.http.call("GET", url), url, "correct endpoints.status_page_url")
    if isinstance(found, Result):
        return found
    has_status = isinstance(found, dict) and isinstance(found.get("status"), dict)
    return ok("it can be read") if has_status else unknown("it shows no status", "correct endpoints.status_page_url")


def clock(ctx: IncidentContext) -> Result:
    """The clock must be right to the minute for the signatures of Slack and EKS."""
    answer = ctx.http.call("GET", ctx.runbook.endpoints.twinmind.base_url + ctx.runbook.endpoints.twinmind.health_path)
    date = None if isinstance(answer, NoAnswer) else answer.headers.get("date")
    try:
        seconds = abs((parsedate_to_datetime(str(date)) - now()).total_seconds())
    except (TypeError, ValueError):
        return unknown("TwinMind's answer has no date to compare with", "run the doctor again")
    if seconds > CLOCK_SECONDS:
        return wrong(f"{seconds:.0f} s away from TwinMind's", "if other vendors' signatures fail too, tell AWS support")
    return ok(f"within {CLOCK_SECONDS} s of TwinMind's")


CHECKS: dict[str, Check] = {
    "production key": production_key,
    "standby keys": standby_keys,
    "TwinMind status page": status_page,
    "clock": clock,
}

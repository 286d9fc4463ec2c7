"""Each vendor's cheapest reading call with a credential: whether the vendor takes it, before it is stored."""

import base64
from collections.abc import Callable, Mapping
from functools import partial

from responder.clients.http import Http, NoAnswer, Response
from responder.clients.responses import mapping, refused
from responder.config.runbook import Runbook
from responder.integrations.jira.settings import Settings as Jira
from responder.integrations.opsgenie.settings import Settings as Opsgenie
from responder.integrations.pagerduty.settings import Settings as PagerDuty
from responder.integrations.slack.settings import Settings as Slack
from responder.integrations.statuspage.settings import Settings as Statuspage

Call = Callable[[str, Mapping[str, str]], Response | NoAnswer]


def why_refused(vendor: str, runbook: Runbook, credential: str) -> str | None:
    """The vendor's own reason; None if it takes the credential."""
    http = Http()
    try:
        answer = TRIES[vendor](runbook, partial(_get, http), credential)
    finally:
        http.close()
    if isinstance(answer, NoAnswer) or not answer.ok:
        return refused(answer).why
    if vendor == "slack" and mapping(answer.json()).get("ok") is not True:
        return str(mapping(answer.json()).get("error") or "no answer of Slack's own")[:80]
    return None


def _get(http: Http, url: str, headers: Mapping[str, str]) -> Response | NoAnswer:
    return http.call("GET", url, headers=headers)


def _pagerduty(runbook: Runbook, get: Call, key: str) -> Response | NoAnswer:
    headers = {"Authorization": f"Token token={key}", "Accept": "application/vnd.pagerduty+json;version=2"}
    return get(f"{runbook.vendors.of(PagerDuty).api_url}/users?limit=1", headers)


def _opsgenie(runbook: Runbook, get: Call, key: str) -> Response | NoAnswer:
    return get(f"{runbook.vendors.of(Opsgenie).api_url}/v2/alerts?limit=1", {"Authorization": f"GenieKey {key}"})


def _slack(runbook: Runbook, get: Call, token: str) -> Response | NoAnswer:
    return get(f"{runbook.vendors.of(Slack).api_url}/auth.test", {"Authorization": f"Bearer {token}"})


def _statuspage(runbook: Runbook, get: Call, key: str) -> Response | NoAnswer:
    vendor = runbook.vendors.of(Statuspage)
    return get(f"{vendor.api_url}/pages/{vendor.page_id}", {"Authorization": f"OAuth {key}"})


def _tickets(runbook: Runbook, get: Call, token: str) -> Response | NoAnswer:
    vendor = runbook.vendors.of(Jira)
    pair = base64.b64encode(f"{vendor.email}:{token}".encode()).decode()
    return get(f"{vendor.api_url}/myself", {"Authorization": f"Basic {pair}"})


TRIES: Mapping[str, Callable[[Runbook, Call, str], Response | NoAnswer]] = {
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "slack": _slack,
    "statuspage": _statuspage,
    "tickets": _tickets,
}

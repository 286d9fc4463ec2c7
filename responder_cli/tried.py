"""Tries a credential before it is stored, by the cheapest call of its vendor that only reads."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from responder.clients.http import Http, NoAnswer, Response
from responder.clients.kubernetes import Cluster, connect
from responder.clients.responses import NOT_ACCEPTED, mapping, refused
from responder.config.runbook import Runbook
from responder.integrations.jira.settings import Settings as Jira
from responder.integrations.jsm.settings import Settings as Jsm
from responder.integrations.opsgenie.key_trial import is_taken, try_key
from responder.integrations.opsgenie.settings import Settings as Opsgenie
from responder.integrations.outgoing_webhook.channel import keys_of
from responder.integrations.pagerduty.settings import Settings as PagerDuty
from responder.integrations.slack.settings import Settings as Slack
from responder.integrations.statuspage.settings import Settings as Statuspage


@dataclass(frozen=True)
class Trial:
    """`why`: the vendor's own reason for a refusal; for `untried`, why no call can tell, and what can."""

    outcome: Literal["accepted", "refused", "untried"]
    why: str = ""


ACCEPTED = Trial("accepted")
Try = Callable[[Runbook, Http, str], Trial]


def tried(name: str, runbook: Runbook, credential: str) -> Trial:
    """`name`: its entry in the vendor credentials."""
    http = Http()
    try:
        return TRIES[name](runbook, http, credential)
    finally:
        http.close()


def _judged(answer: Response | NoAnswer) -> Trial:
    if isinstance(answer, NoAnswer) or not answer.ok:
        return Trial("refused", refused(answer).why)
    return ACCEPTED


def _pagerduty(runbook: Runbook, http: Http, key: str) -> Trial:
    headers = {"Authorization": f"Token token={key}", "Accept": "application/vnd.pagerduty+json;version=2"}
    return _judged(http.call("GET", f"{runbook.vendors.of(PagerDuty).api_url}/users?limit=1", headers=headers))


def _opsgenie(runbook: Runbook, http: Http, key: str) -> Trial:
    return _judged(try_key(http, "opsgenie", runbook.vendors.of(Opsgenie).api_url, key))


def _jsm(runbook: Runbook, http: Http, key: str) -> Trial:
    answer = try_key(http, "jsm", runbook.vendors.of(Jsm).api_url, key)
    return ACCEPTED if is_taken(answer) else _judged(answer)


def _slack(runbook: Runbook, http: Http, token: str) -> Trial:
    url = f"{runbook.vendors.of(Slack).api_url}/auth.test"
    answer = http.call("GET", url, headers={"Authorization": f"Bearer {token}"})
    if isinstance(answer, Response) and answer.ok and mapping(answer.json()).get("ok") is not True:
        return Trial("refused", str(mapping(answer.json()).get("error") or "no answer of Slack's own")[:80])
    return _judged(answer)


def _statuspage(runbook: Runbook, http: Http, key: str) -> Trial:
    vendor = runbook.vendors.of(Statuspage)
    url = f"{vendor.api_url}/pages/{vendor.page_id}"
    return _judged(http.call("GET", url, headers={"Authorization": f"OAuth {key}"}))


def _tickets(runbook: Runbook, http: Http, token: str) -> Trial:
    vendor = runbook.vendors.of(Jira)
    pair = base64.b64encode(f"{vendor.email}:{token}".encode()).decode()
    return _judged(http.call("GET", f"{vendor.api_url}/myself", headers={"Authorization": f"Basic {pair}"}))


def _teams(_: Runbook, __: Http, address: str) -> Trial:
    """The stack's doctor judges the host, because the stack pins hosts (its check `Teams`)."""
    if not address.startswith("https://"):
        return Trial("refused", "a workflow's address begins with https://")
    return Trial("untried", "a call would post a message; `responder test-incident` posts one, marked TEST")


def _signing_key(_: Runbook, __: Http, key: str) -> Trial:
    if not keys_of(key):
        return Trial("refused", "a signing key is whsec_ and 24 to 64 bytes in base64 (Standard Webhooks)")
    return Trial("untried", "its form is right; at the next event your receiver shows whether it has the same key")


def _cluster(runbook: Runbook, token: str, *, may_read: bool) -> Trial:
    """The functions may reach an address in the cluster's network that this machine cannot."""
    config = runbook.endpoints.service.platform.kubernetes
    if config.eks_cluster or not config.api_url:
        return Trial("untried", "only a cluster with platform.kubernetes.api_url and no eks_cluster takes a token")
    connection = connect(config, lambda _: token)
    if isinstance(connection, str):
        return Trial("refused", connection)
    with Cluster(connection) as cluster:
        answer = cluster.read("deployments", config.deployment)
    if isinstance(answer, NoAnswer):
        return Trial("untried", f"{config.api_url}: {answer.sentence}; `responder doctor` tries it from the stack")
    if answer.status == NOT_ACCEPTED[1] and not may_read:
        return ACCEPTED  # the cluster knows the token, which does not need this right
    return _judged(answer)


def _restart_hook(_: Runbook, __: Http, ___: str) -> Trial:
    return Trial("untried", "a call would restart your service; call the hook with it yourself, in a quiet hour")


TRIES: Mapping[str, Try] = {
    "pagerduty": _pagerduty,
    "opsgenie": _opsgenie,
    "jsm": _jsm,
    "slack": _slack,
    "statuspage": _statuspage,
    "tickets": _tickets,
    "teams": _teams,
    "outgoing_webhook": _signing_key,
    "kubernetes": lambda runbook, _, token: _cluster(runbook, token, may_read=True),
    "kubernetes_act": lambda runbook, _, token: _cluster(runbook, token, may_read=False),
    "service_restart": _restart_hook,
}

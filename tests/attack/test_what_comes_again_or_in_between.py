"""Deliveries that come again, links that were changed, and proxies that answer in TwinMind's place."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest

from local.sandbox import Sandbox
from responder.diagnosis.classify import classify
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.report.signed_link import token_for
from tests.support import deliveries
from tests.support.inprocess import PAGE_SECRET, SETTINGS, Cloud
from tests.support.notifications import context_at, recent
from tests.support.probe_runs import incident, look_at, runbook
from tests.support.webhooks import SAMPLES

ID, OTHER = "pd-PABC123", "pd-PABC124"


def state(cloud: Cloud) -> Any:
    """All that is stored of incidents; when a lease or a delivery was noted does not count."""
    items = cloud.client("dynamodb").scan(TableName=SETTINGS["TABLE_NAME"])["Items"]
    return sorted(json.dumps(one, sort_keys=True) for one in items if one["pk"]["S"].startswith("incident#"))


@pytest.mark.parametrize("source", ["pagerduty", "opsgenie", "jsm"])
def test_each_delivery_that_comes_again_changes_nothing(cloud: Cloud, source: str) -> None:
    """All samples of the sender, in the order of their names; then each again, in the other order, as a copy too."""
    names = sorted(path.stem for path in (SAMPLES / source).glob("*.json"))
    build = deliveries.pagerduty if source == "pagerduty" else deliveries.opsgenie
    bodies = [build(name, f"QREPLAY{source.upper()}") for name in names]
    sent = [deliveries.signed(source, body) for body in bodies]
    assert {cloud.post(source, *one)[0] for one in sent} <= {200, 202}
    before, executions = state(cloud), cloud.executions()
    assert before
    for raw, headers in reversed(sent):
        assert cloud.post(source, raw, headers)[0] in (200, 202)
    assert (state(cloud), cloud.executions()) == (before, executions)


def test_a_delivery_older_than_the_retries_is_ignored(cloud: Cloud) -> None:
    old = (now() - timedelta(hours=73)).isoformat()
    assert deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(occurred_at=old))[0] == 200
    assert state(cloud) == []


def tampered(token: str) -> dict[str, str]:
    """What somebody with a link of another incident, or an ended one, would try."""
    ident, end, signature = token.split(".")
    far = str(int(end) + 10**7)
    raw = base64.urlsafe_b64decode(signature + "==")
    return {
        "later": f"{ident}.{far}.{signature}",
        "earlier": f"{ident}.{int(end) - 1}.{signature}",
        "a sign": f"{ident}. {end}.{signature}",
        "plus": f"{ident}.+{end}.{signature}",
        "zero": f"{ident}.0{end}.{signature}",
        "full width": f"{ident}.{end.translate(str.maketrans('0123456789', '０１２３４５６７８９'))}.{signature}",
        "no incident": f"{end}.{signature}",
        "another incident": f"{OTHER}.{end}.{signature}",
        "no signature": f"{ident}.{end}.",
        "half": f"{ident}.{end}.{signature[: len(signature) // 2]}",
        "padded": f"{ident}.{end}.{signature}==",
        "longer": f"{ident}.{end}.{signature}A",
        "upper": f"{ident}.{end}.{signature.swapcase()}",
        "hex": f"{ident}.{end}.{raw.hex()}",
        "twice": f"{token},{token}",
        "a blank": f"{token} ",
        "a break": f"{token}\n",
        "a null": f"{token}\0",
        "a list": f"{token}.{token}",
        "none": "",
        "none at all": "null",
        "a path": f"../{OTHER}/page?token={token}",
    }


def test_only_the_whole_link_of_this_incident_opens_its_page(cloud: Cloud) -> None:
    for each in (ID, OTHER):
        context_at(recent(each, title=f"a secret title of {each}"))
    good, foreign = (token_for(each, now() + timedelta(days=1), PAGE_SECRET) for each in (ID, OTHER))
    assert cloud.page(ID, good)["statusCode"] == 200
    tried = tampered(good) | {"of another": foreign, "ended": token_for(ID, now() - timedelta(seconds=1), PAGE_SECRET)}
    tried |= {"another secret": token_for(ID, now() + timedelta(days=1), "guessed")}
    for name, token in tried.items():
        answer = cloud.page(ID, token)
        assert (answer["statusCode"], "secret title" in answer["body"]) == (403, False), name
    for alike in (ID.lower(), f"{ID} ", f" {ID}", f"{ID}\0", f"{ID}/", ID.replace("-", "\u2010"), "", "../" + ID):
        assert cloud.page(alike, good)["statusCode"] == 403


HTML = "<html><head><title>Sign in</title></head><body>Proxy authentication required</body></html>"
# What stands between a function and TwinMind: proxies, firewalls and sign-in pages, as they answer for it.
PROXIES: dict[str, dict[str, Any]] = {
    "401 page": {"status": 401, "body": HTML},
    "401 empty": {"status": 401, "body": ""},
    "401 words": {"status": 401, "body": "Unauthorized"},
    "407 page": {"status": 407, "body": HTML},
    "407 empty": {"status": 407, "body": ""},
    "403 page": {"status": 403, "body": HTML},
    "200 page": {"status": 200, "body": HTML},
    "302": {"status": 302, "body": ""},
    "511 page": {"status": 511, "body": HTML},
    "503 page": {"status": 503, "body": HTML},
}
PROBES = ("twinmind_account", "twinmind_standby_key", "twinmind_health", "twinmind_status_page", "service_metrics")


@pytest.mark.parametrize(("where", "times"), [("/v1/me", 99), ("/v1/me", 1), ("", 99)])
@pytest.mark.parametrize("proxy", PROXIES)
def test_no_answer_of_a_proxy_says_that_our_key_is_rejected(proxy: str, where: str, times: int) -> None:
    """Nothing is rotated without that cause. To every call, to each that shows a key, or to the first of those."""
    fault = PROXIES[proxy] | {"times": times, "path": where}
    with Sandbox({"faults": {"twinmind": {"fail_next": [fault]}}}) as box:
        found = look_at(runbook(box.url), *PROBES)
    diagnosis = classify(list(found.values()), runbook=runbook(box.url), incident=incident())
    assert diagnosis.cause not in (Cause.KEY_REJECTED, Cause.KEY_LEAKED), diagnosis

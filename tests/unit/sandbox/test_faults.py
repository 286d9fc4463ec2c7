"""Faults that any vendor can have."""

import time
from typing import Any

import httpx
import pytest
from flask import request

from local.sandbox.defaults import VENDORS
from tests.support.sandbox_client import Outside

NOTE = "/pagerduty/incidents/P1/notes"
CALLER = {"Authorization": "Token token=pagerduty-credential", "From": "responder@example.com"}
ADDRESSES = {
    "twinmind": "/twinmind/v1/health",
    "twinmind_status": "/twinmind-status/api/v2/status.json",
    "service": "/service/health",
    "pagerduty": "/pagerduty/incidents/P1",
    "opsgenie": "/opsgenie/v2/alerts/a",
    "jsm": "/jsm/v2/alerts/a",
    "statuspage": "/statuspage/v1/pages/p/incidents",
    "slack": "/slack/api/conversations.history",
    "tickets": "/tickets/rest/api/3/issue/OPS-1",
    "teams": "/teams/workflows/w1/triggers/manual/paths/invoke",
    "outgoing_webhook": "/outgoing-webhook/hook",
    "kubernetes": "/kubernetes/api/v1/namespaces/default/pods",
}


def _add_note(outside: Outside) -> httpx.Response:
    return outside.http.post(NOTE, headers=CALLER, json={"note": {"content": "once"}})


def _notes(outside: Outside) -> list[Any]:
    incidents = outside.http.get("/_world").json()["pagerduty"]["incidents"]
    found: list[Any] = incidents.get("P1", {"notes": []})["notes"]
    return found


def test_a_call_from_before_a_reset_uses_up_nothing_of_the_new_world(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reset_meanwhile(_: float) -> None:
        if request.path == ADDRESSES["tickets"]:
            monkeypatch.undo()
            outside.sandbox.reset()
            outside.sandbox.patch({"faults": {"tickets": {"fail_next": [{"status": 500}]}}})

    monkeypatch.setattr(outside.sandbox.world, "sleep", reset_meanwhile)
    with pytest.raises(httpx.HTTPError):
        outside.http.get(ADDRESSES["tickets"])
    assert outside.http.get(ADDRESSES["tickets"]).status_code == 500


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_can_fail_for_a_while(outside: Outside, vendor: str) -> None:
    failures = [{"status": 500, "times": 2}, {"status": 429, "retry_after": 3}]
    outside.sandbox.patch({"faults": {vendor: {"fail_next": failures}}})
    answers = [outside.http.get(ADDRESSES[vendor]) for _ in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [500, 500, 429]
    assert answers[2].headers["Retry-After"] == "3"
    assert answers[3].status_code not in (429, 500)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_vendor_can_drop_the_line(outside: Outside, vendor: str) -> None:
    outside.sandbox.patch({"faults": {vendor: {"drop": True}}})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.http.get(ADDRESSES[vendor])
    assert (outside.last_call()["vendor"], outside.last_call()["answered"]) == (vendor, False)


@pytest.mark.parametrize("vendor", [vendor for vendor in VENDORS if vendor != "twinmind_status"])
def test_every_vendor_can_be_down(outside: Outside, vendor: str) -> None:
    outside.sandbox.patch({vendor: {"up": False}})
    assert outside.http.get(ADDRESSES[vendor]).status_code == 503


def test_a_failure_can_be_meant_for_one_kind_of_call(outside: Outside) -> None:
    outside.sandbox.patch({"faults": {"pagerduty": {"fail_next": [{"method": "POST", "path": "/notes"}]}}})
    assert outside.http.get(ADDRESSES["pagerduty"], headers=CALLER).status_code == 200
    assert [_add_note(outside).status_code for _ in range(2)] == [500, 200]
    assert len(_notes(outside)) == 1


def test_an_answer_can_be_lost_after_the_effect(outside: Outside) -> None:
    outside.sandbox.patch({"faults": {"pagerduty": {"lose_answer": 1}}})
    assert outside.http.get(ADDRESSES["pagerduty"], headers=CALLER).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        _add_note(outside)
    assert len(_notes(outside)) == 1
    assert (outside.last_call()["status"], outside.last_call()["answered"]) == (200, False)
    assert _add_note(outside).status_code == 200


def test_the_lost_answer_can_be_that_of_one_call(outside: Outside) -> None:
    outside.sandbox.patch({"faults": {"pagerduty": {"lose_answer": {"times": 1, "path": "/status_updates"}}}})
    assert _add_note(outside).status_code == 200
    with pytest.raises(httpx.RemoteProtocolError):
        outside.http.post("/pagerduty/incidents/P1/status_updates", headers=CALLER, json={"message": "m"})


def test_an_answer_can_be_unreadable_after_the_effect(outside: Outside) -> None:
    lost = {"times": 1, "body": "<html>gateway</html>"}
    outside.sandbox.patch({"faults": {"pagerduty": {"lose_answer": lost}}})
    spoilt = _add_note(outside)
    assert (spoilt.status_code, spoilt.text, len(_notes(outside))) == (200, "<html>gateway</html>", 1)
    assert outside.last_call()["answered"] is True
    assert _add_note(outside).json()["note"]["content"] == "once"


def test_a_call_that_hangs_is_seen_at_once_and_takes_effect_late(outside: Outside) -> None:
    outside.sandbox.patch({"faults": {"pagerduty": {"hang_seconds": 0.3}}})
    with pytest.raises(httpx.ReadTimeout):
        outside.http.post(NOTE, headers=CALLER, json={"note": {"content": "late"}}, timeout=0.1)
    assert (outside.last_call()["status"], _notes(outside)) == (None, [])
    time.sleep(0.35)
    assert len(_notes(outside)) == 1


def test_an_unknown_path_is_refused_as_the_vendor_does_it(outside: Outside) -> None:
    unknown = outside.http.get("/pagerduty/nothing", headers=CALLER)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, 2100)
    assert outside.last_call()["status"] == 404
    assert outside.http.get("/nobody").status_code == 404

"""Opsgenie's Alert API and JSM's integration events API."""

from typing import Any

import pytest

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "GenieKey alert-credential"}
ALERT = "0aa-1724857097467"


def _post(outside: Outside, path: str, body: Any = None, vendor: str = "opsgenie") -> Any:
    return outside.http.post(f"/{vendor}/v2/alerts{path}", headers=KEY, json=body)


def _get(outside: Outside, path: str, vendor: str = "opsgenie") -> Any:
    return outside.http.get(f"/{vendor}/v2/alerts{path}", headers=KEY)


@pytest.mark.parametrize("vendor", ["opsgenie", "jsm"])
def test_an_acknowledgement_is_accepted_first_and_done_later(outside: Outside, vendor: str) -> None:
    accepted = _post(outside, f"/{ALERT}/acknowledge", {"user": "responder"}, vendor)
    assert (accepted.status_code, accepted.json()["result"]) == (202, "Request will be processed")
    request = f"/requests/{accepted.json()['requestId']}"
    assert _get(outside, request, vendor).status_code == 404
    assert _get(outside, f"/{ALERT}", vendor).json()["data"]["acknowledged"] is False
    outside.now += 1
    done = _get(outside, request, vendor).json()["data"]
    assert (done["isSuccess"], done["action"], done["alertId"]) == (True, "Acknowledge", ALERT)
    assert _get(outside, f"/{ALERT}", vendor).json()["data"]["acknowledged"] is True


def test_a_request_can_fail_after_it_was_accepted(outside: Outside) -> None:
    outside.sandbox.patch({"opsgenie": {"processing": "fail"}})
    accepted = _post(outside, f"/{ALERT}/close", {})
    outside.now += 1
    assert _get(outside, f"/requests/{accepted.json()['requestId']}").json()["data"]["isSuccess"] is False
    assert _get(outside, f"/{ALERT}").json()["data"]["status"] == "open"


def test_an_alert_that_nobody_declared_can_be_unknown(outside: Outside) -> None:
    outside.sandbox.patch({"opsgenie": {"on_sight": False}})
    assert _get(outside, f"/{ALERT}").status_code == 404
    accepted = _post(outside, f"/{ALERT}/acknowledge")
    outside.now += 1
    assert _get(outside, f"/requests/{accepted.json()['requestId']}").json()["data"]["isSuccess"] is False
    assert outside.http.get("/_world").json()["opsgenie"]["alerts"] == {}


def test_notes_and_the_note_of_an_action_are_kept(outside: Outside) -> None:
    _post(outside, f"/{ALERT}/notes", {"note": "first"})
    _post(outside, f"/{ALERT}/close", {"note": "second", "source": "responder"})
    outside.now += 1
    assert [note["note"] for note in _get(outside, f"/{ALERT}/notes").json()["data"]] == ["first", "second"]
    stored = outside.http.get("/_world").json()["opsgenie"]["alerts"][ALERT]
    assert stored["status"] == "closed"
    assert [entry["action"] for entry in stored["log"]] == ["notes", "close"]
    assert _post(outside, f"/{ALERT}/notes", {}).status_code == 422


def test_an_alert_is_found_by_alias_only_when_asked_so(outside: Outside) -> None:
    outside.sandbox.patch({"opsgenie": {"alerts": {ALERT: {"alias": "twinmind: down"}}}})
    found = _get(outside, "/twinmind%3A%20down?identifierType=alias").json()["data"]
    assert found["id"] == ALERT
    assert _get(outside, "/other?identifierType=alias").status_code == 404


def test_jsm_can_do_less(outside: Outside) -> None:
    assert _post(outside, f"/{ALERT}/escalate", {}).status_code == 202
    assert _post(outside, f"/{ALERT}/escalate", {}, "jsm").status_code == 404
    assert [_get(outside, f"/{ALERT}/notes", vendor).status_code for vendor in ("opsgenie", "jsm")] == [200, 404]
    outside.sandbox.patch({"jsm": {"readable": False}})
    assert _get(outside, f"/{ALERT}", "jsm").status_code == 404


def test_a_created_alert_needs_a_short_message_and_flat_details(outside: Outside) -> None:
    assert _post(outside, "", {"message": "m", "details": {"a": "b"}}).status_code == 202
    outside.now += 1
    [alert] = outside.http.get("/_world").json()["opsgenie"]["alerts"].values()
    assert alert["message"] == "m"
    for body in ({}, {"message": "m" * 131}, {"message": "m", "details": {"a": {"b": "c"}}}):
        assert _post(outside, "", body).status_code == 422


def test_credentials_and_rate(outside: Outside) -> None:
    assert outside.http.get(f"/opsgenie/v2/alerts/{ALERT}", headers={"Authorization": "Bearer x"}).status_code == 401
    outside.sandbox.patch({"credentials": {"opsgenie": "another"}})
    assert _get(outside, f"/{ALERT}").status_code == 401
    assert _get(outside, f"/{ALERT}", "jsm").status_code == 200
    outside.sandbox.patch({"jsm": {"rate_limited": True}})
    limited = _get(outside, f"/{ALERT}", "jsm")
    assert (limited.status_code, limited.headers["X-RateLimit-State"]) == (429, "THROTTLED")

"""PagerDuty's REST API."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from tests.support.sandbox_client import Outside

CALLER = {"Authorization": "Token token=pagerduty-credential", "From": "responder@example.com"}


def _get(outside: Outside, path: str) -> Any:
    return outside.http.get(f"/pagerduty{path}", headers=CALLER).json()


def _put(outside: Outside, **change: object) -> httpx.Response:
    incident = {"type": "incident_reference"} | change
    return outside.http.put("/pagerduty/incidents/P1", headers=CALLER, json={"incident": incident})


def _code(answer: httpx.Response) -> int:
    code: int = answer.json()["error"]["code"]
    return code


def test_a_stranger_is_refused(outside: Outside) -> None:
    for header in ("", "Bearer x", "Token token="):
        answer = outside.http.get("/pagerduty/incidents/P1", headers={"Authorization": header})
        assert (answer.status_code, _code(answer)) == (401, 2006)
    outside.sandbox.patch({"credentials": {"pagerduty": "the-right-one"}})
    assert outside.http.get("/pagerduty/incidents/P1", headers=CALLER).status_code == 401


def test_a_write_needs_a_known_requester(outside: Outside) -> None:
    nobody = outside.http.post("/pagerduty/incidents/P1/notes", headers={"Authorization": CALLER["Authorization"]})
    assert (nobody.status_code, _code(nobody)) == (400, 1008)
    outside.sandbox.patch({"pagerduty": {"users": {"somebody@example.com": "PUSER"}}})
    assert _code(_put(outside, status="acknowledged")) == 1008


def test_an_incident_appears_triggered_and_counts_the_calls_down(outside: Outside) -> None:
    first = outside.http.get("/pagerduty/incidents/P1", headers=CALLER)
    incident = first.json()["incident"]
    assert (incident["status"], incident["pending_actions"], incident["incident_key"]) == ("triggered", [], None)
    second = outside.http.get("/pagerduty/incidents/P1", headers=CALLER)
    assert [int(answer.headers["ratelimit-remaining"]) for answer in (first, second)] == [959, 958]


def test_an_incident_that_nobody_declared_can_be_unknown(outside: Outside) -> None:
    outside.sandbox.patch({"pagerduty": {"on_sight": False, "incidents": {"P1": {"urgency": "low"}}}})
    assert _get(outside, "/incidents/P1")["incident"]["urgency"] == "low"
    unknown = outside.http.get("/pagerduty/incidents/P2/alerts", headers=CALLER)
    assert (unknown.status_code, _code(unknown)) == (404, 5001)


def test_an_acknowledgement_falls_back_after_the_time_out_of_the_service(outside: Outside) -> None:
    outside.sandbox.patch({"pagerduty": {"incidents": {"P1": {"acknowledgement_timeout_seconds": 600}}}})
    acknowledged = _put(outside, status="acknowledged").json()["incident"]
    [pending] = acknowledged["pending_actions"]
    assert pending["type"] == "unacknowledge"
    assert datetime.fromisoformat(pending["at"]).timestamp() == outside.now + 600
    assert acknowledged["acknowledgements"][0]["acknowledger"]["summary"] == CALLER["From"]
    service = _get(outside, f"/services/{acknowledged['service']['id']}")["service"]
    assert service["acknowledgement_timeout"] == 600
    outside.now += 600
    assert _get(outside, "/incidents/P1")["incident"]["status"] == "triggered"


def test_without_a_time_out_an_acknowledgement_stays(outside: Outside) -> None:
    outside.sandbox.patch({"pagerduty": {"incidents": {"P1": {"acknowledgement_timeout_seconds": None}}}})
    assert _put(outside, status="acknowledged").json()["incident"]["pending_actions"] == []
    outside.now += 1_000_000
    assert _get(outside, "/incidents/P1")["incident"]["status"] == "acknowledged"
    assert _get(outside, "/services/PSP1")["service"]["acknowledgement_timeout"] is None


def test_what_a_person_did_is_declared_in_the_world(outside: Outside) -> None:
    outside.sandbox.patch({"pagerduty": {"incidents": {"P1": {"status": "acknowledged"}}}})
    incident = _get(outside, "/incidents/P1")["incident"]
    assert incident["acknowledgements"][0]["acknowledger"]["id"] == "PONCALL"
    assert incident["pending_actions"][0]["type"] == "unacknowledge"


def test_resolving_twice_is_refused_and_acknowledging_then_reopens(outside: Outside) -> None:
    assert _put(outside, status="resolved", resolution="done").json()["incident"]["resolved_at"]
    again = _put(outside, status="resolved")
    assert (again.status_code, _code(again)) == (400, 1001)
    reopened = _put(outside, status="acknowledged").json()["incident"]
    assert (reopened["status"], reopened["resolved_at"]) == ("acknowledged", None)
    assert reopened["assignments"][0]["assignee"]["id"] == "PRESPONDER"
    assert outside.sandbox.world["pagerduty"]["incidents"]["P1"]["reopened_at"]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"status": "closed"}, 1003), ({"escalation_level": 9}, 1006), ({"type": "nonsense"}, 2001)],
)
def test_a_change_that_makes_no_sense_is_refused(outside: Outside, change: dict[str, object], code: int) -> None:
    answer = _put(outside, **change)
    assert (answer.status_code, _code(answer)) == (400, code)


def test_acknowledging_twice_is_refused(outside: Outside) -> None:
    _put(outside, status="acknowledged")
    assert _code(_put(outside, status="acknowledged")) == 1002


def test_title_urgency_and_priority_can_be_changed(outside: Outside) -> None:
    changed = _put(outside, title="New", urgency="low", priority={"id": "PX", "summary": "P2"}).json()["incident"]
    assert (changed["title"], changed["urgency"], changed["priority"]["summary"]) == ("New", "low", "P2")


def test_alerts_come_in_pages(outside: Outside) -> None:
    alerts = [{"alert_key": str(number), "details": {"n": number}} for number in range(3)]
    outside.sandbox.patch({"pagerduty": {"incidents": {"P1": {"alerts": [*alerts, {"details": None}]}}}})
    page = _get(outside, "/incidents/P1/alerts?limit=2&offset=1")
    assert [one["alert_key"] for one in page["alerts"]] == ["1", "2"]
    assert page["alerts"][0]["body"]["details"] == {"n": 1}
    assert (page["more"], page["limit"], page["offset"]) == (True, 2, 1)
    assert [one["alert_key"] for one in _get(outside, "/incidents/P1/alerts?alert_key=2")["alerts"]] == ["2"]


def test_notes_are_kept_and_repeated_when_sent_twice(outside: Outside) -> None:
    for _ in range(2):
        outside.http.post("/pagerduty/incidents/P1/notes", headers=CALLER, json={"note": {"content": "seen"}})
    assert [note["content"] for note in _get(outside, "/incidents/P1/notes")["notes"]] == ["seen", "seen"]
    empty = outside.http.post("/pagerduty/incidents/P1/notes", headers=CALLER, json={"note": {"content": ""}})
    assert empty.status_code == 400


def test_a_status_update_has_subject_and_html_or_neither(outside: Outside) -> None:
    path = "/pagerduty/incidents/P1/status_updates"
    assert outside.http.post(path, headers=CALLER, json={"message": "m"}).json()["status_update"]["message"] == "m"
    assert outside.http.post(path, headers=CALLER, json={"message": "m", "subject": "s"}).status_code == 400
    assert len(outside.sandbox.world["pagerduty"]["incidents"]["P1"]["status_updates"]) == 1


def test_the_rate_limit_has_its_code(outside: Outside) -> None:
    outside.sandbox.patch({"pagerduty": {"rate_limited": True}})
    answer = outside.http.get("/pagerduty/incidents/P1", headers=CALLER)
    assert (answer.status_code, _code(answer)) == (429, 2020)

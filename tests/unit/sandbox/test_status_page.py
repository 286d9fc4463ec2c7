"""TwinMind's public status page."""

import httpx
import pytest

from tests.support.sandbox_client import Outside

PAGE = "/twinmind-status/api/v2"


def test_all_is_well(outside: Outside) -> None:
    summary = outside.http.get(f"{PAGE}/summary.json").json()
    assert set(summary) == {"page", "status", "components", "incidents", "scheduled_maintenances"}
    assert summary["status"] == {"indicator": "none", "description": "All Systems Operational"}
    assert {component["status"] for component in summary["components"]} == {"operational"}
    assert outside.http.get(f"{PAGE}/status.json").json()["status"] == summary["status"]


def test_an_incident_is_shown_complete_although_the_world_says_only_its_name(outside: Outside) -> None:
    resolved = {"name": "Old", "status": "resolved"}
    outside.sandbox.patch({"twinmind_status": {"indicator": "major", "incidents": [{"name": "API down"}, resolved]}})
    unresolved = outside.http.get(f"{PAGE}/incidents/unresolved.json").json()["incidents"]
    assert [incident["name"] for incident in unresolved] == ["API down"]
    assert unresolved[0]["status"] == "investigating"
    assert unresolved[0]["incident_updates"][0]["affected_components"] is None
    assert len(outside.http.get(f"{PAGE}/incidents.json").json()["incidents"]) == 2
    assert outside.http.get(f"{PAGE}/summary.json").json()["incidents"] == unresolved


def test_indicator_and_description_may_contradict_each_other(outside: Outside) -> None:
    contradiction = {"indicator": "critical", "description": "All Systems Operational"}
    outside.sandbox.patch({"twinmind_status": contradiction})
    assert outside.http.get(f"{PAGE}/status.json").json()["status"] == contradiction


def test_maintenances_are_listed_by_their_phase(outside: Outside) -> None:
    planned = [{"name": "Later"}, {"name": "Now", "status": "in_progress"}, {"name": "Over", "status": "completed"}]
    outside.sandbox.patch({"twinmind_status": {"scheduled_maintenances": planned}})
    found = {
        part: [one["name"] for one in outside.http.get(f"{PAGE}/{part}.json").json()["scheduled_maintenances"]]
        for part in ("scheduled-maintenances", "scheduled-maintenances/upcoming", "scheduled-maintenances/active")
    }
    assert list(found.values()) == [["Later", "Now", "Over"], ["Later"], ["Now"]]


def test_an_unreachable_page_gives_no_answer(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind_status": {"reachable": False}})
    with pytest.raises(httpx.RemoteProtocolError):
        outside.http.get(f"{PAGE}/status.json")
    assert outside.last_call()["answered"] is False


def test_a_page_may_fail_or_be_something_else_than_a_statuspage(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind_status": {"status_code": 503}})
    assert outside.http.get(f"{PAGE}/status.json").status_code == 503
    outside.sandbox.patch({"twinmind_status": {"status_code": None, "format": "html"}})
    assert outside.http.get(f"{PAGE}/status.json").headers["Content-Type"].startswith("text/html")

"""Statuspage's manage API."""

from typing import Any

import httpx
import pytest

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "OAuth statuspage-credential"}
PAGE = "/statuspage/v1/pages/page1"
PART = "cmptranscribe"


def _create(outside: Outside, **fields: Any) -> httpx.Response:
    return outside.http.post(f"{PAGE}/incidents", headers=KEY, json={"incident": {"name": "Slow"} | fields})


def _update(outside: Outside, incident: str, **fields: Any) -> httpx.Response:
    return outside.http.patch(f"{PAGE}/incidents/{incident}", headers=KEY, json={"incident": fields})


def _component(outside: Outside) -> str:
    status: str = outside.http.get("/_world").json()["statuspage"]["components"][PART]["status"]
    return status


def test_an_incident_lives_from_its_creation_to_its_end(outside: Outside) -> None:
    metadata = {"responder": {"incident_id": "pd-P1"}}
    created = _create(outside, body="Looking", metadata=metadata, components={PART: "major_outage"})
    assert created.status_code == 201
    incident = created.json()
    assert (incident["status"], incident["impact"], incident["metadata"]) == ("investigating", "critical", metadata)
    assert _component(outside) == "major_outage"
    found = outside.http.get(f"{PAGE}/incidents/unresolved.json", headers=KEY).json()
    assert [one["id"] for one in found] == [incident["id"]]
    _update(outside, incident["id"], status="monitoring")
    resolved = _update(outside, incident["id"], status="resolved", body="Over").json()
    assert [update["body"] for update in resolved["incident_updates"]] == ["Over", "Looking"]
    assert resolved["resolved_at"]
    assert outside.http.get(f"{PAGE}/incidents/unresolved", headers=KEY).json() == []
    assert _component(outside) == "major_outage"
    _update(outside, incident["id"], components={PART: "operational"})
    assert _component(outside) == "operational"


def test_an_entry_of_which_the_world_says_little_can_be_changed(outside: Outside) -> None:
    outside.http.patch("/_world", json={"statuspage": {"incidents": {"x1": {"name": "We know"}}}})
    changed = _update(outside, "x1", status="monitoring", body="Better")
    assert (changed.status_code, changed.json()["status"], changed.json()["impact"]) == (200, "monitoring", "none")


def test_a_repeated_creation_makes_a_second_incident(outside: Outside) -> None:
    assert _create(outside).json()["id"] != _create(outside).json()["id"]
    assert len(outside.http.get("/_world").json()["statuspage"]["incidents"]) == 2


def test_a_list_of_components_only_names_them(outside: Outside) -> None:
    incident = _create(outside, component_ids=[PART]).json()
    assert ([part["id"] for part in incident["components"]], incident["impact"]) == ([PART], "none")
    assert _component(outside) == "operational"


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "n" * 256},
        {"status": "open"},
        {"impact_override": "huge"},
        {"body": "b" * 25_001},
        {"metadata": {"incident_id": "pd-P1"}},
        {"components": {"nobody": "operational"}},
        {"components": {PART: "broken"}},
        {"components": {PART: "operational"}, "backfilled": True},
    ],
)
def test_a_field_against_the_rules_is_refused(outside: Outside, fields: dict[str, Any]) -> None:
    refused = _create(outside, **fields)
    assert (refused.status_code, set(refused.json())) == (422, {"error"})
    assert outside.http.get("/_world").json()["statuspage"]["incidents"] == {}


def test_throttled_by_the_world(outside: Outside) -> None:
    outside.sandbox.patch({"statuspage": {"throttle": True}})
    answer = _create(outside)
    assert (answer.status_code, answer.headers["Retry-After"]) == (420, "2")
    outside.sandbox.patch({"statuspage": {"throttle_status": 429}})
    assert _create(outside).status_code == 429


def test_more_than_sixty_calls_in_a_minute_are_throttled(outside: Outside) -> None:
    outside.sandbox.patch({"statuspage": {"requests_per_minute": 3}})
    assert [_create(outside).status_code for _ in range(4)] == [201, 201, 201, 420]
    outside.now += 59
    assert _create(outside).status_code == 420
    outside.now += 1
    assert _create(outside).status_code == 201


def test_pages_and_credentials(outside: Outside) -> None:
    assert outside.http.get(f"{PAGE}/components", headers={"Authorization": "Bearer x"}).status_code == 401
    assert outside.http.get(f"{PAGE}/components?api_key=statuspage-credential").status_code == 200
    outside.sandbox.patch({"statuspage": {"page_id": "page2"}})
    assert outside.http.get(f"{PAGE}/components", headers=KEY).status_code == 404


def test_components_and_updates_can_be_edited(outside: Outside) -> None:
    path = f"{PAGE}/components/{PART}"
    body = {"component": {"status": "partial_outage"}}
    assert outside.http.patch(path, headers=KEY, json=body).json()["status"] == "partial_outage"
    assert outside.http.patch(path, headers=KEY, json={"component": {"status": "x"}}).status_code == 422
    incident = _create(outside, body="Tpyo").json()
    update = incident["incident_updates"][0]["id"]
    path = f"{PAGE}/incidents/{incident['id']}/incident_updates/{update}"
    outside.http.patch(path, headers=KEY, json={"incident_update": {"body": "Typo"}})
    found = outside.http.get(f"{PAGE}/incidents/{incident['id']}", headers=KEY).json()
    assert [one["body"] for one in found["incident_updates"]] == ["Typo"]
    assert _update(outside, "nobody", status="resolved").status_code == 404

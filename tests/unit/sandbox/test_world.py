"""The world: read, deep merge, refusal of what it does not know, reset."""

from typing import Any

import pytest

from local.sandbox import Sandbox, WorldError
from tests.support.sandbox_client import Outside


def test_a_patch_changes_what_it_names_and_nothing_else(outside: Outside) -> None:
    before = outside.http.get("/_world").json()
    after = outside.http.patch("/_world", json={"twinmind": {"rate_limit": {"limit": 7}}}).json()
    assert after["twinmind"]["rate_limit"]["limit"] == 7
    before["twinmind"]["rate_limit"]["limit"] = 7
    assert after == before == outside.http.get("/_world").json()


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"twinmnd": {}}, "twinmnd"),
        ({"slack": {"upp": False}}, "slack.upp"),
        ({"service": {"load": {"cpus": 1}}}, "service.load.cpus"),
        ({"faults": {"slack": {"fail": 1}}}, "faults.slack.fail"),
        ({"credentials": {"twinmind": "x"}}, "credentials.twinmind"),
        ({"twinmind": {"keys": {"primary": {"state": "revoked"}}}}, "twinmind.keys.primary.state"),
        ({"twinmind": {"up": "no"}}, "twinmind.up"),
        ({"twinmind": {"status_code": "500"}}, "twinmind.status_code"),
        ({"twinmind": False}, "twinmind"),
        (["twinmind"], "must be an object"),
        (None, "must be an object"),
    ],
)
def test_what_the_world_does_not_know_is_refused_as_a_whole(outside: Outside, change: Any, where: str) -> None:
    before = outside.http.get("/_world").json()
    both = {"slack": {"up": False}} | change if isinstance(change, dict) and "slack" not in change else change
    answer = outside.http.patch("/_world", json=both)
    assert answer.status_code == 400
    assert where in answer.json()["problems"][0]
    assert outside.http.get("/_world").json() == before


def test_an_unknown_name_is_answered_with_the_allowed_ones(outside: Outside) -> None:
    problem = outside.http.patch("/_world", json={"statuspage": {"x": 1}}).json()["problems"][0]
    assert "throttle" in problem


def test_null_removes_an_entry_but_is_a_value_elsewhere(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"status_code": 500, "keys": {"standby-2": None}}})
    world = outside.http.patch("/_world", json={"twinmind": {"status_code": None}}).json()
    assert world["twinmind"]["status_code"] is None
    assert set(world["twinmind"]["keys"]) == {"primary", "standby-1"}


def test_reset_brings_back_the_world_it_was_started_with_and_an_empty_journal(outside: Outside) -> None:
    before = outside.http.get("/_world").json()
    outside.sandbox.patch({"twinmind": {"up": False}})
    outside.http.get("/twinmind/v1/health")
    assert outside.http.post("/_reset").json() == before
    assert outside.http.get("/_journal").json() == []
    assert outside.http.get("/twinmind/v1/health").status_code == 200


def test_a_sandbox_cannot_be_started_with_a_world_that_it_does_not_know() -> None:
    with pytest.raises(WorldError, match=r"slack\.nope"):
        Sandbox({"slack": {"nope": 1}})

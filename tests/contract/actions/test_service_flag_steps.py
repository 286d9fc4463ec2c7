"""The machine's steps that set service flags, called by hand: two incidents at once, observing, and no reader."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from responder.aws.incident_table import IncidentTable
from responder.aws.override_table import overrides_of
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding, FindingStatus
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import STOP_PARAMETER, keep_incident, set_parameter

AT = datetime(2026, 6, 1, tzinfo=UTC)
SERVICE_FLAGS = SETTINGS["SERVICE_FLAGS_PARAMETER"]
STAMP = {"version", "set_by", "set_at", "reason"}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Two open incidents about the same used-up quota, of which TwinMind said that it is 300 a minute."""
    with running_cloud(monkeypatch, execute=False) as cloud:
        seen = {"limit": 300, "remaining": 0}
        finding = Finding(
            probe="twinmind_rate_limit", status=FindingStatus.FAILED, summary="", measurements=seen, at=AT
        )
        for incident_id in ("pd-1", "pd-2"):
            about = {"cause": Cause.RATE_LIMITED, "evidence_run": "1", "confidence": 0.9}
            keep_incident(rejected_key_incident(incident_id).model_copy(update=about))
            _table().keep_findings(incident_id, "1", [finding])
        yield cloud


def _table() -> IncidentTable:
    return IncidentTable(SETTINGS["TABLE_NAME"])


def _service_flags(cloud: Cloud) -> dict[str, Any]:
    document = json.loads(cloud.client("ssm").get_parameter(Name=SERVICE_FLAGS)["Parameter"]["Value"])
    return {name: value for name, value in document.items() if name not in STAMP}


def _step(cloud: Cloud, op: str, incident_id: str = "pd-1", action: str | None = None) -> dict[str, Any]:
    event = {"incident_id": incident_id, "execution_number": 1, "op": op, "action": action}
    answer: dict[str, Any] = cloud.invoke("take_action", event)
    return answer


def _play(cloud: Cloud, incident_id: str) -> list[str]:
    """The whole playbook of one incident, as the machine goes through it."""
    outcomes = []
    while (following := _step(cloud, "plan", incident_id))["next"] == "apply":
        action = following["action"]
        outcomes.append(_step(cloud, "apply", incident_id, action)["outcome"])
        while (seen := _step(cloud, "verify", incident_id, action)["outcome"]) == "under_way":
            pass
        outcomes.append(seen)
    return [*outcomes, following["next"]]


def test_two_incidents_protect_the_quota_and_the_last_one_gives_it_back(cloud: Cloud) -> None:
    set_parameter(SERVICE_FLAGS, '{"client_rate_limit_per_minute": 280, "our_own": 1}')
    for incident_id in ("pd-1", "pd-2"):
        assert _play(cloud, incident_id) == ["applied", "verified", "applied", "verified", "done"]
    protected = {"reject_non_critical": True, "client_rate_limit_per_minute": 240, "request_queue": True, "our_own": 1}
    assert _service_flags(cloud) == protected
    assert _step(cloud, "revert", "pd-1")["outcome"] == "undone"
    assert _service_flags(cloud) == protected
    for _ in range(2):
        assert _step(cloud, "revert", "pd-2")["outcome"] == "undone"
    assert _service_flags(cloud) == {"client_rate_limit_per_minute": 280, "our_own": 1}
    assert overrides_of(_table(), "twinmind").settings_overridden == ()


def test_the_plan_and_its_outcome_are_in_the_timeline_with_what_changed(cloud: Cloud) -> None:
    _play(cloud, "pd-1")
    told = [entry for entry in cloud.incident("pd-1")["timeline"] if entry["kind"].startswith("action_")]
    plan, done, seen = told[:3]
    assert plan["text"].startswith("Set flag:reject_non_critical from not set to on")
    assert "80% of 300 requests a minute" in plan["text"]
    assert "Undo: the settings get their values from before back" in plan["text"]
    assert done["data"]["outcome"] == "applied"
    assert done["data"]["changes"]["flag:client_rate_limit_per_minute"] == {
        "after": 240,
        "before": None,
        "desired": 240,
    }
    assert seen["text"].startswith("The service works with its new settings")


def test_under_the_stop_switch_the_same_plan_is_only_said(cloud: Cloud) -> None:
    set_parameter(STOP_PARAMETER, "stop")
    answer = _step(cloud, "apply", "pd-1", "quota")
    assert answer["outcome"] == "observed"
    assert "Would do: Set flag:reject_non_critical from not set to on" in answer["text"]
    assert _service_flags(cloud) == {}
    assert overrides_of(_table(), "twinmind").settings_overridden == ()


def test_service_flags_that_nobody_reads_bring_people_in_and_are_given_back(cloud: Cloud) -> None:
    cloud.change_runbook({"service_flags": {"reader_seconds": 1}})
    cloud.sandbox.patch({"service": {"reads_service_flags": False}})
    assert _play(cloud, "pd-1") == ["applied", "not_verified", "applied", "not_verified", "hand_over"]
    assert "No reader seen: nothing polls the service flags" in str(cloud.incident("pd-1")["timeline"])
    assert _step(cloud, "revert", "pd-1")["outcome"] == "undone"
    assert _service_flags(cloud) == {}


def test_what_a_person_set_meanwhile_is_told_to_people_and_left(cloud: Cloud) -> None:
    _play(cloud, "pd-1")
    document = json.loads(cloud.client("ssm").get_parameter(Name=SERVICE_FLAGS)["Parameter"]["Value"])
    set_parameter(SERVICE_FLAGS, json.dumps(document | {"client_rate_limit_per_minute": 60}))
    answer = _step(cloud, "revert", "pd-1")
    assert answer["outcome"] == "kept"
    assert "to 60 since, and it is left so" in answer["text"]
    assert _service_flags(cloud) == {"client_rate_limit_per_minute": 60}

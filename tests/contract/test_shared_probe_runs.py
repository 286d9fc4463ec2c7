"""Incidents that look at the same moment look once; a reading is never used twice, nor for what came after it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from responder.aws import probe_run_table as rounds_module
from responder.aws.incident_table import IncidentTable
from responder.aws.probe_run_table import ProbeRunTable
from responder.config.runbook import with_override
from responder.domain.clock import now
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, Incident
from responder.domain.monitoring_state import MonitoringState
from responder.probes import PROBES, service_metrics, shared_runs
from responder.probes.shared_runs import name_of
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.probe_runs import BUSY
from tests.support.webhooks import RECEIVED_AT

NAMES = ("pd-QA", "pd-QB", "pd-QC", "pd-QD")


@pytest.fixture(scope="module")
def world() -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, BUSY, execute=False) as running:
        monkeypatch.setattr(service_metrics, "APART", 0.05)
        yield running


@pytest.fixture
def cloud(world: Cloud) -> Cloud:
    table = IncidentTable(SETTINGS["TABLE_NAME"])
    found = world.client("dynamodb").scan(TableName=SETTINGS["TABLE_NAME"])["Items"]
    for item in found:
        world.client("dynamodb").delete_item(TableName=SETTINGS["TABLE_NAME"], Key={"pk": item["pk"], "sk": item["sk"]})
    for name in NAMES:
        fresh = Incident(id=name, source="pagerduty", upstream_id=name.removeprefix("pd-"), started_at=RECEIVED_AT)
        table.change(name, lambda _, fresh=fresh: fresh)  # type: ignore[misc]
    world.sandbox.reset()
    return world


def look(cloud: Cloud, incident_id: str, iteration: int = 0) -> dict[str, Finding]:
    table = IncidentTable(SETTINGS["TABLE_NAME"])
    table.keep_monitoring(incident_id, MonitoringState(slot=iteration))
    answer = cloud.invoke("run_diagnostics", {"incident_id": incident_id, "execution_number": 1})
    found = table.findings(incident_id, answer["probe_run"])
    assert sorted(one.probe for one in found) == sorted(PROBES)
    return {one.probe: one for one in found}


def looks(cloud: Cloud) -> int:
    """How often TwinMind was asked for the account with our key."""
    calls = cloud.sandbox.journal("twinmind")
    return len([one for one in calls if one["path"].endswith("/me") and one["key"] == "primary"])


def is_shared(found: dict[str, Finding]) -> bool:
    told = {probe for probe, one in found.items() if "shared_age_seconds" in one.measurements}
    assert told in (set(), {probe for probe, each in PROBES.items() if each.shared})
    return bool(told)


def test_incidents_at_the_same_moment_make_one_set_of_calls(cloud: Cloud) -> None:
    with ThreadPoolExecutor(len(NAMES)) as pool:
        found = list(pool.map(lambda name: look(cloud, name), NAMES))
    assert looks(cloud) == 1
    assert sorted(is_shared(one) for one in found) == [False, True, True, True]
    asked = {one["path"].rsplit("/", 1)[-1] for one in cloud.sandbox.journal("pagerduty")}
    assert {name.removeprefix("pd-") for name in NAMES} <= asked


def test_a_shared_finding_says_so_and_how_old_it_is(cloud: Cloud) -> None:
    first, second = look(cloud, "pd-QA"), look(cloud, "pd-QB")
    one = second["twinmind_account"]
    assert one.at == first["twinmind_account"].at
    assert 0 <= one.measurements["shared_age_seconds"] <= 15
    assert "for another incident" in one.summary
    assert "shared_age_seconds" not in second["upstream_incident"].measurements


def test_a_second_look_of_the_same_incident_is_fresh(cloud: Cloud) -> None:
    assert not is_shared(look(cloud, "pd-QA", 0))
    assert not is_shared(look(cloud, "pd-QA", 1))
    assert looks(cloud) == 2


def test_one_reading_is_never_used_twice(cloud: Cloud) -> None:
    look(cloud, "pd-QA")
    assert is_shared(look(cloud, "pd-QB", 0))
    assert not is_shared(look(cloud, "pd-QB", 1))
    assert is_shared(look(cloud, "pd-QA", 1))
    assert looks(cloud) == 2


def test_what_was_seen_before_anything_was_done_is_not_used_after_it(cloud: Cloud) -> None:
    look(cloud, "pd-QA")
    done = ActionRecord(name="rotate", mode="auto", plan="p", outcome="done", at=now())
    IncidentTable(SETTINGS["TABLE_NAME"]).keep_action("pd-QC", "rotate-1", done)
    assert not is_shared(look(cloud, "pd-QB"))
    assert is_shared(look(cloud, "pd-QD"))


@pytest.mark.parametrize("change", [{"probing": {"share_seconds": 0}}, {"thresholds": {"latency_p95_seconds": 4.0}}])
def test_another_runbook_shares_nothing(cloud: Cloud, change: dict[str, Any]) -> None:
    look(cloud, "pd-QA")
    cloud.change_runbook(change)
    try:
        assert not is_shared(look(cloud, "pd-QB"))
    finally:
        cloud.change_runbook({})


def test_old_findings_are_not_shared(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    look(cloud, "pd-QA")
    monkeypatch.setattr(shared_runs, "now", lambda: now() + timedelta(seconds=16))
    assert not is_shared(look(cloud, "pd-QB"))


def test_a_round_whose_looker_was_lost_is_taken_over(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    runbook = with_override(cloud.runbook_text())
    runs = ProbeRunTable(SETTINGS["TABLE_NAME"])
    assert runs.begin(name_of(runbook), "pd-QLOST", None)
    monkeypatch.setattr(shared_runs, "WAIT_SECONDS", 0.5)
    assert not is_shared(look(cloud, "pd-QA"))
    monkeypatch.setattr(rounds_module, "now", lambda: now() + timedelta(seconds=60))
    assert not is_shared(look(cloud, "pd-QB"))
    assert is_shared(look(cloud, "pd-QC"))

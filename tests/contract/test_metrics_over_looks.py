"""The real handler hands on what the look before found, so that what failed since the start is counted."""

import pytest

from responder.aws.incident_table import IncidentTable
from responder.config.runbook import with_override
from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.domain.monitoring_state import MonitoringState
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.webhooks import RECEIVED_AT

ID = "pd-QOVER"


def look(cloud: Cloud, table: IncidentTable, last_run: str | None) -> tuple[str, Finding]:
    table.keep_monitoring(ID, MonitoringState(last_run=last_run, slot=1 if last_run else 0))
    run: str = cloud.invoke("run_diagnostics", {"incident_id": ID, "execution_number": 1})["probe_run"]
    found = table.finding(ID, run, "service_metrics")
    assert found
    return run, found


def test_the_next_look_knows_the_look_before() -> None:
    world = {"service": {"load": {"requests_per_minute": 6000}, "errors": {"ratio": 0.5, "type": "DatabaseError"}}}
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, world, execute=False) as cloud:
        table = IncidentTable(SETTINGS["TABLE_NAME"])
        fresh = Incident(id=ID, source="pagerduty", upstream_id="QOVER", started_at=RECEIVED_AT)
        table.change(ID, lambda _: fresh)
        table.pin_runbook(ID, with_override(cloud.runbook_text()))
        run, first = look(cloud, table, None)
        assert first.baseline
        _, second = look(cloud, table, run)
    one, two = first.measurements, second.measurements
    assert two["since"] == one["since"]
    assert two["since_transcriptions_failed"] > one["since_transcriptions_failed"] > 0
    assert two["before_error_ratio"] == one["error_ratio"]

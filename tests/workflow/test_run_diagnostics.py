"""RunDiagnostics on the in-process cloud: a round is kept under a name that sorts, and repeating it is harmless."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from responder.aws.incident_table import IncidentTable
from responder.domain.finding import FindingStatus
from responder.domain.incident import Incident
from responder.domain.monitoring_state import MonitoringState
from responder.probes import PROBES
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.webhooks import RECEIVED_AT

INCIDENT = "pd-Q1LOOK"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as running:
        fresh = Incident(id=INCIDENT, source="pagerduty", upstream_id="Q1LOOK", started_at=RECEIVED_AT)
        IncidentTable(SETTINGS["TABLE_NAME"]).change(INCIDENT, lambda _: fresh)
        yield running


def look(cloud: Cloud, iteration: int) -> str:
    monitoring = MonitoringState(slot=iteration)
    IncidentTable(SETTINGS["TABLE_NAME"]).keep_monitoring(INCIDENT, monitoring)
    answer = cloud.invoke("run_diagnostics", {"incident_id": INCIDENT, "execution_number": 1})
    assert answer == {"probe_run": answer["probe_run"], "monitoring": monitoring.dump(), "seconds": answer["seconds"]}
    return str(answer["probe_run"])


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every field of every log record, of ours and of the libraries."""
    return "\n".join(str(vars(record)) for record in caplog.records)


def test_rounds_sort_by_turn_and_a_repeat_replaces_its_own(cloud: Cloud) -> None:
    names = [look(cloud, 2), look(cloud, 10), look(cloud, 2)]
    assert names[0] == names[2] < names[1]
    table = IncidentTable(SETTINGS["TABLE_NAME"])
    for name in names:
        assert sorted(one.probe for one in table.findings(INCIDENT, name)) == sorted(PROBES)


def test_the_secrets_are_read_and_neither_kept_nor_logged(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    findings = {one.probe: one for one in IncidentTable(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_account"].status is FindingStatus.OK
    assert findings["twinmind_standby_key"].measurements["standby"] == "passing"
    keys = [known["key"] for known in cloud.sandbox.world["twinmind"]["keys"].values()]
    text = logged(caplog) + json.dumps([one.dump() for one in findings.values()])
    assert "'looked'" in text
    assert not any(key in text for key in keys)


def test_a_secret_store_that_is_away_is_a_finding(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    arn = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])["ARN"]
    cloud.client("secretsmanager").delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    findings = {one.probe: one for one in IncidentTable(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_account"].status is FindingStatus.UNKNOWN
    assert findings["twinmind_health"].status is FindingStatus.OK
    assert "'probe failed'" in logged(caplog)


@pytest.mark.parametrize("field", [None, "token"])
def test_a_json_secret_without_the_configured_field_goes_nowhere_and_is_explained(
    cloud: Cloud, field: str | None
) -> None:
    text = json.dumps({"api_key": "tm_sk_primary", "webhook_secret": "whsec_not_for_twinmind"})
    put(cloud, SecretString=text)
    cloud.change_runbook({"endpoints": {"twinmind": {"key_json_field": field}}})
    findings = {one.probe: one for one in IncidentTable(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_account"].measurements == {"key_present": False}
    assert "endpoints.twinmind.key_json_field" in findings["twinmind_account"].summary
    sent = {entry["credential"] for entry in cloud.sandbox.journal("twinmind")}
    assert not sent & {cloud.sandbox.fingerprint(text), cloud.sandbox.fingerprint(f"Bearer {text}")}


@pytest.mark.parametrize(
    "value",
    [
        {"SecretString": "[" * 60_000},
        {"SecretString": '{"a":' * 10_000},
        {"SecretString": "k" * 65_536},
        {"SecretString": "tm_sk_\ud7ff\n\r x: y"},
    ],
)
def test_whatever_the_secret_holds_the_round_comes_to_its_end(
    cloud: Cloud, value: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    put(cloud, **value)
    findings = {one.probe: one for one in IncidentTable(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_health"].status is FindingStatus.OK
    assert findings["twinmind_account"].status is not FindingStatus.OK
    assert "'probe failed'" not in logged(caplog)


def test_a_binary_secret_is_named_and_hides_no_other_finding(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    put(cloud, SecretBinary=b"\x00\xff\xfe")
    findings = {one.probe: one for one in IncidentTable(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_health"].status is FindingStatus.OK
    assert findings["twinmind_account"].status is FindingStatus.UNKNOWN
    assert "it holds binary data where text is wanted" in findings["twinmind_account"].summary
    assert "'probe failed'" in logged(caplog)


def put(cloud: Cloud, **value: Any) -> None:
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"], **value)


NONSENSE = (
    "null",
    "[" * 20_000,
    '{"status": {"indicator": "none"}, "incidents": [null, {"status": [], "updated_at": "0001-01-01T00:00:00+14:00"}]}',
    '{"status": ["x"], "checks": [{"name": {"a": 1}, "status": []}], "incident": {"status": 5}, "plan": NaN}',
    'twinmind_transcriptions_total{status="error"} NaN\ntwinmind_rate_limit_remaining{endpoint="/a"} -Inf',
    'twinmind_transcriptions_total{status="error"} 1e308\nqueue_a 1e308\nqueue_b 1e308\nprocess_cpu_seconds_total -5',
)


def test_nonsense_from_everybody_breaks_no_probe(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    vendors = ("twinmind", "twinmind_status", "service", "pagerduty")
    for iteration, body in enumerate(NONSENSE):
        answers = [{"status": 200, "times": 99, "body": body}]
        cloud.sandbox.patch({"faults": {vendor: {"fail_next": answers} for vendor in vendors}})
        findings = {
            one.probe: one for one in IncidentTable(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, iteration))
        }
        assert findings["twinmind_account"].measurements.get("plan") is None
        assert "'probe failed'" not in logged(caplog), body[:60]

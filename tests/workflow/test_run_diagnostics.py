"""RunDiagnostics on the in-process cloud: a round is kept under a name that sorts, and repeating it is harmless."""

import json
from collections.abc import Iterator

import pytest

from responder.adapters.table import Table
from responder.incident import Incident
from responder.probes import PROBES
from responder.words import FindingStatus, Source
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.webhooks import RECEIVED_AT

INCIDENT = "pd-Q1LOOK"


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as running:
        fresh = Incident(id=INCIDENT, source=Source.PAGERDUTY, upstream_id="Q1LOOK", started_at=RECEIVED_AT)
        Table(SETTINGS["TABLE_NAME"]).change(INCIDENT, lambda _: fresh)
        yield running


def look(cloud: Cloud, turn: int) -> str:
    answer = cloud.invoke("run_diagnostics", {"incident_id": INCIDENT, "generation": 1, "turn": turn})
    assert list(answer) == ["round"]
    return str(answer["round"])


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """Every field of every log record, of ours and of the libraries."""
    return "\n".join(str(vars(record)) for record in caplog.records)


def test_rounds_sort_by_turn_and_a_repeat_replaces_its_own(cloud: Cloud) -> None:
    names = [look(cloud, 2), look(cloud, 10), look(cloud, 2)]
    assert names[0] == names[2] < names[1]
    table = Table(SETTINGS["TABLE_NAME"])
    for name in names:
        assert sorted(one.probe for one in table.findings(INCIDENT, name)) == sorted(PROBES)


def test_the_secrets_are_read_and_neither_kept_nor_logged(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    findings = {one.probe: one for one in Table(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_account"].status is FindingStatus.OK
    assert findings["twinmind_standby_key"].measurements["standby"] == "passing"
    keys = [known["key"] for known in cloud.sandbox.world["twinmind"]["keys"].values()]
    text = logged(caplog) + json.dumps([one.dump() for one in findings.values()])
    assert "'looked'" in text
    assert not any(key in text for key in keys)


def test_a_secret_store_that_is_away_is_a_finding(cloud: Cloud, caplog: pytest.LogCaptureFixture) -> None:
    arn = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])["ARN"]
    cloud.client("secretsmanager").delete_secret(SecretId=arn, RecoveryWindowInDays=7)
    findings = {one.probe: one for one in Table(SETTINGS["TABLE_NAME"]).findings(INCIDENT, look(cloud, 1))}
    assert findings["twinmind_account"].status is FindingStatus.UNKNOWN
    assert findings["twinmind_health"].status is FindingStatus.OK
    assert "'probe failed'" in logged(caplog)

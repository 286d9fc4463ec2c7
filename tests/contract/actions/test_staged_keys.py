"""The staged keys are tried before they are needed; people hear by place which does not work."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from responder.aws.leaked_key_table import LeakedKeyTable
from responder.domain.clock import now
from responder.domain.leaked_key import LeakedKey
from tests.support.inprocess import SETTINGS, Cloud, notices, running_cloud
from tests.support.tables import API_KEY_SECRET, STANDBY_SECRET


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as cloud:
        yield cloud


def tried(cloud: Cloud) -> tuple[Any, list[str]]:
    answer = cloud.invoke("test_standby_keys", {})
    return answer["working"], [key["state"] for key in answer["keys"]]


def metrics(printed: str) -> list[int]:
    lines = [json.loads(line) for line in printed.splitlines() if "WorkingStandbyKeys" in line]
    return [int(line["WorkingStandbyKeys"][0]) for line in lines if "_aws" in line]


def test_keys_that_work_are_counted_and_nobody_is_bothered(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert tried(cloud) == (2, ["works", "works"])
    assert metrics(capsys.readouterr().out) == [2]
    assert notices() == []


def test_a_refused_key_is_named_by_its_place_once_and_stays_on_the_list(cloud: Cloud) -> None:
    stored = cloud.client("secretsmanager").get_secret_value(SecretId=STANDBY_SECRET)["SecretString"]
    cloud.sandbox.patch({"twinmind": {"keys": {"standby-2": {"status": "revoked"}}}})
    for _ in range(2):
        assert tried(cloud) == (1, ["works", "refused"])
    (notice,) = notices()
    assert "Standby key 2 of 2 is refused by TwinMind (401)" in notice
    assert "make stage-key" in notice
    assert "tm_sk_" not in notice
    assert cloud.client("secretsmanager").get_secret_value(SecretId=STANDBY_SECRET)["SecretString"] == stored


def test_no_working_key_is_a_zero_and_a_mail(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.client("secretsmanager").put_secret_value(SecretId=STANDBY_SECRET, SecretString='{"keys": []}')
    assert tried(cloud) == (0, [])
    assert metrics(capsys.readouterr().out) == [0]
    assert "0 of 0 staged TwinMind keys" in notices()[0]


def test_while_twinmind_is_away_nothing_is_said_about_keys(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.sandbox.patch({"twinmind": {"up": False}})
    assert tried(cloud) == (None, ["unknown", "unknown"])
    assert metrics(capsys.readouterr().out) == []
    assert notices() == []


def test_the_current_key_and_one_that_leaked_are_no_standby_keys(cloud: Cloud) -> None:
    keys = {label: entry["key"] for label, entry in cloud.sandbox.world["twinmind"]["keys"].items()}
    secrets = cloud.client("secretsmanager")
    (old,) = secrets.describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    leaks = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind")
    fingerprint = leaks.fingerprint(keys["primary"])
    seen = {"version_ids": (old,), "incident_ids": ("pd-1",), "noted_at": now(), "in_use_since": now()}
    leaks.note(LeakedKey(fingerprint=fingerprint, **seen))
    secrets.put_secret_value(SecretId=API_KEY_SECRET, SecretString=keys["standby-1"])
    staged = json.dumps({"keys": [keys["primary"], keys["standby-1"], keys["standby-2"]]})
    secrets.put_secret_value(SecretId=STANDBY_SECRET, SecretString=staged)
    assert tried(cloud) == (1, ["leaked", "in_use", "works"])

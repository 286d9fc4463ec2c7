"""What a local cloud is given: a valid runbook, secrets of its own, no setting of the user's AWS account."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from local import deploy, initial_data
from local.drill.scenario import Scenario
from local.drill.scenarios import SCENARIOS
from local.paths import ROOT, environment
from local.recorder.sitecustomize import resources
from local.sandbox.world import merged
from responder.config.credential_hosts import refused_address
from responder.config.runbook import with_override

# Where the targets make what .gitignore names, if not at the top.
DEEPER = {
    "node_modules/": "tests/conformance/node/node_modules/",
    "__pycache__/": "functions/audit/__pycache__/",
    "*.pyc": "functions/audit/__pycache__/app.pyc",
}


def test_the_override_is_a_valid_runbook_that_knows_only_the_sandbox() -> None:
    runbook = with_override(json.dumps(initial_data.override("http://127.0.0.1:4580")))
    addresses = [runbook.endpoints.twinmind.base_url, runbook.endpoints.status_page_url]
    sections = runbook.vendors.model_dump().values()
    addresses += [str(runbook.endpoints.service.base_url), *(one["api_url"] for one in sections if "api_url" in one)]
    assert [address for address in addresses if not address.startswith("http://127.0.0.1:4580/")] == []


def test_every_cloud_has_keys_of_its_own() -> None:
    first, second = initial_data.new_world(), initial_data.new_world()
    assert list(first["twinmind"]["keys"]) == ["primary", "standby-1", "standby-2"]
    assert first["twinmind"]["keys"] != second["twinmind"]["keys"]
    assert first["credentials"] != second["credentials"]


def test_no_program_gets_the_users_aws_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    given = environment()
    assert "AWS_PROFILE" not in given
    assert "AWS_SESSION_TOKEN" not in given
    assert given["AWS_ACCESS_KEY_ID"] == "test"


def test_only_a_changed_source_is_built_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "ROOT", tmp_path)
    monkeypatch.setattr(deploy, "SOURCES", ("template.yaml", "functions"))
    source = tmp_path / "functions" / "audit" / "app.py"
    source.parent.mkdir(parents=True)
    source.write_text("before", encoding="ascii")
    (tmp_path / "template.yaml").write_text("{}", encoding="ascii")
    before = deploy.sources_digest()
    source.with_suffix(".pyc").write_bytes(b"compiled")
    assert deploy.sources_digest() == before
    source.write_text("after", encoding="ascii")
    assert deploy.sources_digest() != before


def test_clean_leaves_nothing_that_git_ignores(tmp_path: Path) -> None:
    home = tmp_path / "a folder with blanks"
    shutil.copytree(ROOT / "local", home / "local", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", home)
    before = {one for one in home.rglob("*") if one.is_file()}
    for name in (ROOT / ".gitignore").read_text(encoding="utf-8").split():
        file = home / DEEPER.get(name, name) / ("file" if name.endswith("/") else "")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")
    command = ["make", "clean"]
    subprocess.run(command, cwd=home, check=True, capture_output=True)
    assert {one for one in home.rglob("*") if one.is_file()} == before


def test_a_recorded_call_names_resources_and_no_values() -> None:
    request = {
        "SecretId": "arn:aws:secretsmanager:::secret:key",
        "SecretString": "canary",
        "TransactItems": [{"Put": {"TableName": "incidents", "Item": {"Name": {"S": "canary"}}}}],
        "RequestItems": {"incidents": [{"PutRequest": {"Item": {"Key": "canary"}}}]},
        "Names": ["/stack/stop", "/stack/runbook"],
    }
    assert sorted(set(resources(request))) == [
        ("Names", "/stack/runbook"),
        ("Names", "/stack/stop"),
        ("SecretId", "arn:aws:secretsmanager:::secret:key"),
        ("TableName", "incidents"),
    ]


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_the_local_cloud_accepts_the_settings_of_every_drill(scenario: Scenario) -> None:
    """One that is refused leaves the packaged settings, and every action only observes."""
    url = "http://127.0.0.1:4580"
    text = json.dumps(merged(initial_data.override(url), scenario.override)).replace("{sandbox}", url)
    assert refused_address(with_override(text), deploy.CREDENTIAL_HOSTS) is None

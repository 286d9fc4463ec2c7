"""In a container of `sam local`, only the local cloud is ever called: the container has the shell's own credentials."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from responder.aws.clients import client
from responder.config.settings import SettingMissing
from tests.support.inprocess import ROOT


@pytest.fixture
def fresh() -> Iterator[None]:
    client.cache_clear()
    yield
    client.cache_clear()


@pytest.mark.parametrize("endpoint", [None, ""])
@pytest.mark.usefixtures("fresh")
def test_without_the_local_clouds_address_no_client_is_made(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None
) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(SettingMissing, match="--config-env sam-local"):
        client("ssm")


@pytest.mark.usefixtures("fresh")
def test_with_it_the_client_calls_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SAM_LOCAL", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://172.17.0.1:4566")
    assert client("ssm").meta.endpoint_url == "http://172.17.0.1:4566"


@pytest.mark.parametrize("command", ["local_invoke", "local_start_api", "local_start_lambda"])
def test_without_a_config_env_sam_stops_before_anything_runs(command: str) -> None:
    config: dict[str, Any] = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    template = config["default"][command]["parameters"]["template_file"]
    assert not (ROOT / template).exists()
    assert "--config-env sam-local" in template

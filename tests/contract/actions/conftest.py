"""The two functions that act, on moto and against the sandbox, called by hand instead of by the state machine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.inprocess import Cloud, running_cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident

Act = Callable[..., dict[str, Any]]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An open incident pd-1; TwinMind refuses the current key."""
    with running_cloud(monkeypatch, execute=False) as cloud:
        keep_incident(rejected_key_incident("pd-1"))
        cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
        yield cloud


@pytest.fixture
def rotate(cloud: Cloud) -> Act:
    def step(name: str, of: dict[str, Any] | None = None, incident: str = "pd-1") -> dict[str, Any]:
        ids = {name: (of or {}).get(name) for name in ("version_id", "old_version_id")}
        answer: dict[str, Any] = cloud.invoke("rotate_api_key", {"incident_id": incident, "step": name, **ids})
        return answer

    return step


@pytest.fixture
def consumers(cloud: Cloud) -> Act:
    def op(name: str, incident: str = "pd-1") -> dict[str, Any]:
        answer: dict[str, Any] = cloud.invoke("restart_consumers", {"incident_id": incident, "op": name})
        return answer

    return op

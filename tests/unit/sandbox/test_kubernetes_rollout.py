"""A rollout restart: it takes its time, replaces the pods, and gives our service the key that the Secret holds."""

import json
from typing import Any

import pytest

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "Bearer a-service-account-token"}
DEPLOYMENT = "/kubernetes/apis/apps/v1/namespaces/default/deployments/twinmind-service"
PODS = "/kubernetes/api/v1/namespaces/default/pods?labelSelector=app%3Dtwinmind-service"
SECONDS = 20


@pytest.fixture(autouse=True)
def _whole_seconds(outside: Outside) -> None:
    outside.sandbox.patch({"kubernetes": {"rollout_seconds": SECONDS}})


def _restart(outside: Outside, at: str = "2026-11-23T12:00:00Z") -> Any:
    annotations = {"kubectl.kubernetes.io/restartedAt": at}
    change = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    headers = KEY | {"Content-Type": "application/strategic-merge-patch+json"}
    return outside.http.patch(DEPLOYMENT, headers=headers, content=json.dumps(change)).json()


def _counts(outside: Outside) -> list[int]:
    status = outside.http.get(DEPLOYMENT, headers=KEY).json()["status"]
    names = ("observedGeneration", "replicas", "updatedReplicas", "availableReplicas", "unavailableReplicas")
    return [status.get(name, 0) for name in names]


def _pods(outside: Outside) -> dict[str, Any]:
    return {pod["metadata"]["name"]: pod["status"] for pod in outside.http.get(PODS, headers=KEY).json()["items"]}


def _running(outside: Outside) -> tuple[str, int]:
    running = outside.http.get("/_world").json()["service"]["running"]
    return running["key"], running["restarts"]


def test_the_status_progresses_until_every_pod_is_new(outside: Outside) -> None:
    old = _pods(outside)
    outside.now += 5
    begun = _restart(outside)
    assert (begun["metadata"]["generation"], begun["status"]["observedGeneration"]) == (2, 1)
    assert _counts(outside) == [1, 2, 2, 2, 0]
    outside.now += 3
    assert _counts(outside) == [2, 3, 1, 2, 1]
    outside.now += 10
    assert _counts(outside) == [2, 3, 2, 2, 1]
    halfway = _pods(outside)
    assert (len(halfway), len(set(halfway) & set(old))) == (3, 1)
    assert sorted(status["phase"] for status in halfway.values()) == ["Pending", "Running", "Running"]
    outside.now += 10
    assert _counts(outside) == [2, 2, 2, 2, 0]
    new = _pods(outside)
    assert not set(new) & set(old)
    assert min(status["startTime"] for status in new.values()) > max(status["startTime"] for status in old.values())


def test_the_same_annotation_again_changes_nothing(outside: Outside) -> None:
    _restart(outside)
    outside.now += SECONDS
    assert _restart(outside)["metadata"]["generation"] == 2
    assert _restart(outside, "2026-11-23T13:00:00Z")["metadata"]["generation"] == 3


def test_our_service_has_the_new_key_when_the_rollout_is_over(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    outside.secret = outside.key("standby-1")
    _restart(outside)
    outside.now += SECONDS - 1
    assert _running(outside) == ("primary", 0)
    outside.now += 1
    assert _running(outside) == ("standby-1", 1)
    assert outside.http.get("/service/health/twinmind").json()["status"] == "healthy"
    outside.now += SECONDS
    assert _running(outside) == ("standby-1", 1)


def test_a_secret_that_nothing_syncs_gives_the_old_key_again(outside: Outside) -> None:
    outside.sandbox.patch({"kubernetes": {"secret_synced": False}})
    outside.secret = outside.key("standby-1")
    _restart(outside)
    outside.now += SECONDS
    assert _running(outside) == ("primary", 1)


def test_a_secret_patched_by_hand_gives_its_key(outside: Outside) -> None:
    outside.sandbox.patch({"kubernetes": {"secret_synced": False}})
    headers = KEY | {"Content-Type": "application/merge-patch+json"}
    change = json.dumps({"stringData": {"api-key": outside.key("standby-2")}})
    outside.http.patch(
        "/kubernetes/api/v1/namespaces/default/secrets/twinmind-secrets", headers=headers, content=change
    )
    _restart(outside)
    outside.now += SECONDS
    assert _running(outside) == ("standby-2", 1)


def test_a_service_that_is_stuck_stays_so_and_scaling_restarts_nothing(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"stuck_on_old_key": True}})
    outside.secret = outside.key("standby-1")
    headers = KEY | {"Content-Type": "application/merge-patch+json"}
    outside.http.patch(DEPLOYMENT, headers=headers, content=json.dumps({"spec": {"replicas": 3}}))
    outside.now += SECONDS
    assert _running(outside) == ("primary", 0)
    assert len(_pods(outside)) == 3
    _restart(outside)
    outside.now += SECONDS
    assert _running(outside) == ("primary", 1)

"""Deployments, pods, autoscalers and ECS services, as the workload probe reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.probes import ecs_workload
from responder.probes.workload_reading import Workload, quantity, workload

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
LATELY, LONG_AGO = "2026-01-05T11:55:00Z", "2026-01-05T09:00:00Z"


def deployment(**status: Any) -> dict[str, Any]:
    full = {"observedGeneration": 3, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2}
    return {"metadata": {"name": "svc", "generation": 3}, "spec": {"replicas": 2}, "status": full | status}


def pod(**container: Any) -> dict[str, Any]:
    return {"status": {"containerStatuses": [{"restartCount": 1, "state": {"running": {}}} | container]}}


def read(status: dict[str, Any] | None = None, *pods: dict[str, Any], scaler: Any = None, sets: Any = ()) -> Workload:
    return workload(deployment(**(status or {})), list(sets), list(pods), scaler, NOW)


def test_a_settled_rollout() -> None:
    found = read(None, pod(), pod())
    assert (found.desired, found.ready, found.restarts, found.reasons) == (2, 2, 2, ())
    assert (found.rollout_running, found.rollout_failed) == (False, False)


@pytest.mark.parametrize("status", [{"observedGeneration": 2}, {"updatedReplicas": 1}, {"replicas": 3}])
def test_a_rollout_under_way(status: dict[str, Any]) -> None:
    assert read(status).rollout_running


def test_a_rollout_that_does_not_get_on() -> None:
    stuck = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded"}
    assert read({"conditions": [{"type": "Available", "status": "True"}, stuck]}).rollout_failed


@pytest.mark.parametrize(
    ("container", "reasons"),
    [
        ({"state": {"waiting": {"reason": "CrashLoopBackOff"}}}, ("CrashLoopBackOff",)),
        ({"state": {"waiting": {"reason": "ContainerCreating"}}}, ()),
        ({"lastState": {"terminated": {"reason": "OOMKilled", "finishedAt": LATELY}}}, ("OOMKilled",)),
        ({"lastState": {"terminated": {"reason": "OOMKilled", "finishedAt": LONG_AGO}}}, ()),
        ({"state": {"waiting": {"reason": "some text that a pod wrote"}}}, ()),
    ],
)
def test_why_containers_wait_or_ended(container: dict[str, Any], reasons: tuple[str, ...]) -> None:
    assert read(None, pod(**container)).reasons == reasons


def test_the_newest_replica_set_of_ours_tells_the_last_rollout() -> None:
    def made(owner: str, revision: str, at: str) -> dict[str, Any]:
        annotations = {"deployment.kubernetes.io/revision": revision}
        owners = [{"kind": "Deployment", "name": owner}]
        return {"metadata": {"annotations": annotations, "creationTimestamp": at, "ownerReferences": owners}}

    found = read(sets=[made("svc", "9", LONG_AGO), made("svc", "10", LATELY), made("other", "99", LONG_AGO)])
    assert (found.revision, found.rolled_out_at) == (10, NOW - timedelta(minutes=5))


@pytest.mark.parametrize(("present", "at_max"), [(10, True), (9, False)])
def test_an_autoscaler_at_its_maximum(present: int, at_max: bool) -> None:
    scaler = {"spec": {"maxReplicas": 10}, "status": {"currentReplicas": present}}
    assert read(scaler=scaler).autoscaler_at_max is at_max


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["metadata", "spec", "status", "conditions", "containerStatuses", "state", "waiting", "reason",
                         "deployments", "events", "message", "replicas", "annotations", "ownerReferences", "name"]),
        inner, max_size=4),
    max_leaves=20,
)  # fmt: skip
_OBJECT = st.dictionaries(st.sampled_from(["metadata", "spec", "status", "deployments", "events", "containers"]), _JSON)


@given(_OBJECT, st.lists(_OBJECT, max_size=2), st.lists(_OBJECT, max_size=2), st.none() | _OBJECT)
def test_any_json_is_read(one: Any, sets: Any, pods: Any, scaler: Any) -> None:
    assert workload(one, sets, pods, scaler, NOW).desired >= -(10**400)
    assert ecs_workload.workload(one, pods, NOW).ready >= 0


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("250m", 0.25),
        ("1", 1.0),
        (2, 2.0),
        ("300000000n", 0.3),
        ("512Mi", 512 * 2**20),
        ("1.5Gi", 1.5 * 2**30),
        ("x", None),
    ],
)
def test_quantities(text: Any, amount: float | None) -> None:
    assert quantity(text) == (None if amount is None else pytest.approx(amount))


def ecs(**more: Any) -> dict[str, Any]:
    primary = {
        "status": "PRIMARY",
        "rolloutState": "COMPLETED",
        "taskDefinition": "arn:aws:ecs:x:1:task-definition/svc:7",
    }
    return {"desiredCount": 2, "runningCount": 2, "deployments": [primary | {"createdAt": NOW}], "events": []} | more


def test_an_ecs_service_that_is_well() -> None:
    found = ecs_workload.workload(ecs(), [{"lastStatus": "RUNNING", "healthStatus": "HEALTHY"}], NOW)
    assert (found.desired, found.ready, found.revision, found.reasons) == (2, 2, 7, ())
    assert (found.rollout_running, found.rollout_failed) == (False, False)


def test_ecs_tasks_that_are_unhealthy_or_stopped() -> None:
    out = {"name": "app", "reason": "OutOfMemoryError: Container killed due to memory usage"}
    tasks: list[dict[str, Any]] = [
        {"lastStatus": "RUNNING", "healthStatus": "UNHEALTHY"},
        {"lastStatus": "STOPPED", "stopCode": "EssentialContainerExited", "stoppedAt": NOW, "containers": [out]},
        {"lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "stoppedAt": NOW - timedelta(hours=1)},
        {"lastStatus": "STOPPED", "stopCode": "ServiceSchedulerInitiated", "stoppedAt": NOW},
    ]
    found = ecs_workload.workload(ecs(), tasks, NOW)
    assert found.reasons == ("EssentialContainerExited", "OutOfMemoryError", "Unhealthy")
    assert found.ready == 1


def test_ecs_events_count_until_the_last_steady_state() -> None:
    trouble = {"message": "(service svc) was unable to place a task because no container instance…", "createdAt": NOW}
    steady = {"message": "(service svc) has reached a steady state.", "createdAt": NOW}
    assert ecs_workload.workload(ecs(events=[trouble, steady]), [], NOW).reasons == ("UnableToPlaceTask",)
    assert ecs_workload.workload(ecs(events=[steady, trouble]), [], NOW).reasons == ()

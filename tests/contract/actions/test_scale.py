"""More of the service: the autoscaler's floor, in the sandbox's cluster and on moto's ECS, held and given back."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.actions.overrides.scale import AutoscalerFloor, raised
from responder.domain.diagnosis import Cause
from tests.support import cluster, ecs_service
from tests.support.inprocess import Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident

Take = Callable[..., dict[str, Any]]
HPA = "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/twinmind-hpa"


@pytest.fixture
def take(cloud: Cloud) -> Take:
    overload(cloud, "pd-1")

    def op(name: str, incident: str = "pd-1") -> dict[str, Any]:
        event = {"incident_id": incident, "op": name, "action": None if name == "plan" else "scale"}
        answer: dict[str, Any] = cloud.invoke("take_action", event)
        return answer

    return op


def overload(cloud: Cloud, incident_id: str) -> None:
    """An incident with the diagnosis service_overloaded, sure enough to act."""
    found = rejected_key_incident(incident_id)
    changes = {"cause": Cause.SERVICE_OVERLOADED, "started_at": datetime.now(UTC)}
    keep_incident(found.model_copy(update=changes))


def acting(cloud: Cloud, platform: dict[str, Any]) -> None:
    modes = {"scale": "auto", "quota": "observe", "queue": "observe"}
    cloud.change_runbook({"modes": modes, "endpoints": {"service": {"platform": platform}}})


def in_kubernetes(cloud: Cloud, **more: Any) -> None:
    cluster.move_in(cloud)
    acting(cloud, {"kind": "kubernetes", "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes"} | more})


def bounds(cloud: Cloud) -> tuple[int, int]:
    world = cloud.sandbox.world["kubernetes"]
    floor = world["horizontalpodautoscalers"]["twinmind-hpa"]["spec"]["minReplicas"]
    return floor, world["deployments"]["twinmind-service"]["spec"]["replicas"]


def test_the_floor_rises_more_pods_get_ready_and_it_goes_back(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    assert take("plan")["text"].startswith("Set scale:hpa/twinmind-hpa from 2 to 3: 2 run now, and up to 10 may.")
    assert take("apply")["outcome"] == "applied"
    assert take("apply")["outcome"] == "applied"
    assert bounds(cloud) == (3, 3)
    cloud.wait_until(lambda: take("verify")["outcome"] == "verified")
    assert [path.split("/")[-1] for path in cluster.patches(cloud)] == ["twinmind-hpa"]
    assert cloud.invoke("take_action", {"incident_id": "pd-1", "op": "revert"})["outcome"] == "undone"
    assert bounds(cloud)[0] == 2


def test_two_incidents_share_the_floor_and_the_last_one_gives_it_back(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    overload(cloud, "pd-2")
    assert take("apply")["outcome"] == "applied"
    assert take("apply", "pd-2")["outcome"] == "applied"
    assert bounds(cloud)[0] == 3  # not half as many more than the three that run by then
    for incident, floor in (("pd-1", 3), ("pd-2", 2)):
        cloud.invoke("take_action", {"incident_id": incident, "op": "revert"})
        assert bounds(cloud)[0] == floor


def test_a_floor_that_people_changed_since_is_left_to_them(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    take("apply")
    cluster.person_patches(cloud, HPA, {"spec": {"minReplicas": 5}}).raise_for_status()
    answer = cloud.invoke("take_action", {"incident_id": "pd-1", "op": "revert"})
    assert "left so" in str(answer)
    assert bounds(cloud)[0] == 5


@pytest.mark.parametrize("platform", [{"kind": "http"}, {"kind": "none"}])
def test_without_an_autoscaler_people_are_told(cloud: Cloud, take: Take, platform: dict[str, Any]) -> None:
    acting(cloud, platform)
    answer = take("apply")
    assert (answer["outcome"], "people scale it" in answer["text"]) == ("not_configured", True)


def test_an_autoscaler_that_is_not_there_is_not_configured(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud, hpa="another")
    assert take("apply")["outcome"] == "not_configured"
    in_kubernetes(cloud, hpa=None)
    assert take("apply")["outcome"] == "not_configured"


def test_an_autoscaler_at_its_end_is_not_touched(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    cluster.person_patches(cloud, HPA, {"spec": {"maxReplicas": 2}}).raise_for_status()
    answer = take("apply")
    assert (answer["outcome"], "allows no more than 2" in answer["text"]) == ("not_needed", True)
    assert cluster.patches(cloud) == []


@pytest.mark.parametrize("forbidden", ["get horizontalpodautoscalers", "patch horizontalpodautoscalers"])
def test_what_rbac_forbids_fails_and_is_named(cloud: Cloud, take: Take, forbidden: str) -> None:
    in_kubernetes(cloud)
    cloud.sandbox.patch({"kubernetes": {"forbidden": [forbidden]}})
    answer = take("apply")
    assert (answer["outcome"], "is forbidden" in answer["text"]) == ("failed", True)
    assert bounds(cloud) == (2, 2)


@pytest.mark.parametrize("kind", ["horizontalpodautoscalers", "deployments"])
@pytest.mark.parametrize("body", ["{}", '{"spec": {}, "metadata": {}}', '{"metadata": [], "spec": 7}', "[]", "<html>"])
def test_an_answer_that_is_no_object_of_the_cluster_s_fails_and_is_named(
    cloud: Cloud, take: Take, kind: str, body: str
) -> None:
    in_kubernetes(cloud)
    nonsense = {"status": 200, "times": 99, "path": kind, "body": body}
    cloud.sandbox.patch({"faults": {"kubernetes": {"fail_next": [nonsense]}}})
    answer = take("apply")
    assert (answer["outcome"], "the Kubernetes API answers" in answer["text"]) == ("failed", True)
    assert cluster.patches(cloud) == []


def test_an_answer_that_is_lost_raises_the_floor_once(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    cloud.sandbox.patch({"faults": {"kubernetes": {"lose_answer": {"times": 1, "method": "PATCH"}}}})
    assert take("apply")["outcome"] == "applied"
    assert bounds(cloud) == (3, 3)
    assert len(cluster.patches(cloud)) == 1


def test_the_floor_of_an_ecs_service(cloud: Cloud, take: Take) -> None:
    ecs_service.move_in(cloud)
    acting(cloud, {"kind": "ecs", "ecs": {"cluster": ecs_service.CLUSTER, "service": ecs_service.SERVICE}})
    assert take("apply")["outcome"] == "not_configured"
    overload(cloud, "pd-2")
    ecs_service.register_autoscaler(cloud)
    assert take("apply", "pd-2")["outcome"] == "applied"
    assert ecs_service.floor(cloud) == 3
    assert take("verify", "pd-2")["outcome"] == "under_way"
    ecs_service.run(3)
    assert take("verify", "pd-2")["outcome"] == "verified"
    cloud.invoke("take_action", {"incident_id": "pd-2", "op": "revert"})
    assert ecs_service.floor(cloud) == 2


def test_a_service_in_no_cluster_of_ours_is_not_guessed_at(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud, deployment="another")
    answer = take("apply")
    assert (answer["outcome"], "not Deployment another" in answer["text"]) == ("failed", True)


@given(current=st.integers(0, 40), minimum=st.integers(0, 40), room=st.integers(0, 40))
def test_it_rises_by_half_at_least_by_one_and_never_over_the_top(current: int, minimum: int, room: int) -> None:
    floor = AutoscalerFloor("hpa/x", minimum, minimum + room, current, current)
    wanted = raised(floor)
    if wanted is None:
        assert current >= floor.maximum or minimum >= min(floor.maximum, current + max(1, round(current / 2)))
        return
    assert max(current, minimum) < wanted <= floor.maximum
    assert wanted <= current + max(1, math.ceil(current / 2))

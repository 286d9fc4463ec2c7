"""Back to the version from before a suspect deployment: in the sandbox's cluster and on moto's ECS."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from responder.domain.diagnosis import Cause
from tests.support import cluster, ecs_service
from tests.support.inprocess import Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident

Take = Callable[..., dict[str, Any]]
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/twinmind-service"
NEW, OLD = "twinmind-service:1.1.0", "twinmind-service:1.0.0"


@pytest.fixture
def take(cloud: Cloud) -> Take:
    alert_at(datetime.now(UTC) + timedelta(seconds=30))

    def op(name: str) -> dict[str, Any]:
        event = {"incident_id": "pd-1", "op": name, "action": None if name == "plan" else "rollback"}
        answer: dict[str, Any] = cloud.invoke("take_action", event)
        return answer

    return op


def alert_at(at: datetime) -> None:
    """A fault of our own service, sure enough to act, that began then."""
    keep_incident(rejected_key_incident("pd-1").model_copy(update={"cause": Cause.SERVICE_FAULT, "started_at": at}))


def in_kubernetes(cloud: Cloud, mode: str = "auto") -> None:
    cluster.move_in(cloud)
    platform = {"kind": "kubernetes", "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes"}}
    cloud.change_runbook({"modes": {"rollback": mode}, "endpoints": {"service": {"platform": platform}}})


def deployed(cloud: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{cloud.sandbox.url}/kubernetes{DEPLOYMENT}", headers=cluster.HEADERS).json()
    return found


def image(cloud: Cloud) -> str:
    return str(deployed(cloud)["spec"]["template"]["spec"]["containers"][0]["image"])


def release(cloud: Cloud, version: str = NEW, **env: str) -> None:
    """As CI does it: another image, and perhaps a new variable."""
    container: dict[str, Any] = {"name": "twinmind", "image": version}
    container |= {"env": [{"name": name, "value": value} for name, value in env.items()]} if env else {}
    change = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.person_patches(cloud, DEPLOYMENT, change).raise_for_status()


def test_a_release_right_before_the_alert_is_rolled_back_whole(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    before = deployed(cloud)["spec"]["template"]
    release(cloud, NEW, NEW_FLAG="on")
    assert take("apply")["outcome"] == "applied"
    assert deployed(cloud)["spec"]["template"] == before
    cloud.wait_until(lambda: take("verify")["outcome"] == "verified")
    assert take("apply")["outcome"] == "verified"
    assert len(cluster.patches(cloud)) == 1
    told = str(cloud.incident("pd-1"))
    assert f"Roll Deployment default/twinmind-service back from revision 2 ({NEW}" in told
    assert f"to revision 1 ({OLD}" in told


def test_people_approve_first_and_the_plan_names_both_versions(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud, mode="approve")
    release(cloud)
    answer = take("plan")
    assert (answer["next"], answer["task"]) == ("task", "approve-rollback")
    assert NEW in answer["text"]
    assert OLD in answer["text"]
    assert take("plan")["plan_hash"] in (answer["plan_hash"], None)
    assert cluster.patches(cloud) == []


def _restart(cloud: Cloud) -> None:
    annotations = {"kubectl.kubernetes.io/restartedAt": datetime.now(UTC).isoformat()}
    change = {"spec": {"template": {"metadata": {"annotations": annotations}}}}
    cluster.person_patches(cloud, DEPLOYMENT, change).raise_for_status()


def test_a_restart_is_no_deployment_to_suspect(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    _restart(cloud)
    answer = take("apply")
    assert (answer["outcome"], "in the 60 minutes before the alert" in answer["text"]) == ("not_needed", True)
    assert image(cloud) == OLD


def test_a_restart_after_the_release_does_not_hide_it(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    release(cloud)
    _restart(cloud)
    assert take("apply")["outcome"] == "applied"
    assert image(cloud) == OLD


@pytest.mark.parametrize(
    ("began", "why"),
    [(timedelta(hours=3), "in the 60 minutes before the alert"), (timedelta(hours=-1), "after the alert began")],
)
def test_a_release_at_another_time_is_not_to_blame(cloud: Cloud, take: Take, began: timedelta, why: str) -> None:
    in_kubernetes(cloud)
    release(cloud)
    alert_at(datetime.now(UTC) + began)
    answer = take("apply")
    assert (answer["outcome"], why in answer["text"]) == ("not_needed", True)
    assert image(cloud) == NEW


def test_a_rollback_is_not_rolled_back(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    release(cloud)
    take("apply")
    keep_incident(
        rejected_key_incident("pd-1").model_copy(
            update={"cause": Cause.SERVICE_FAULT, "evidence_run": "002", "started_at": datetime.now(UTC)}
        )
    )
    assert image(cloud) == OLD
    assert take("plan")["next"] in ("done", "hand_over")
    assert image(cloud) == OLD


def test_what_rbac_forbids_fails_and_is_named(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    release(cloud)
    cloud.sandbox.patch({"kubernetes": {"forbidden": ["patch deployments"]}})
    answer = take("apply")
    assert (answer["outcome"], "cannot patch" in answer["text"]) == ("failed", True)
    assert image(cloud) == NEW


def test_an_answer_that_is_lost_is_looked_for(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    release(cloud)
    cloud.sandbox.patch({"faults": {"kubernetes": {"lose_answer": {"times": 1, "method": "PATCH"}}}})
    assert take("apply")["outcome"] == "applied"
    assert image(cloud) == OLD
    assert len(cluster.patches(cloud)) == 1


def test_a_stuck_rollback_is_not_verified(cloud: Cloud, take: Take) -> None:
    in_kubernetes(cloud)
    release(cloud)
    cloud.sandbox.patch({"kubernetes": {"rollout_stuck": True}})
    assert take("apply")["outcome"] == "applied"
    cloud.wait_until(lambda: take("verify")["outcome"] == "not_verified")


def test_elsewhere_nothing_can_be_rolled_back(cloud: Cloud, take: Take) -> None:
    assert take("apply")["outcome"] == "not_configured"


@pytest.fixture
def dates(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> dict[int, datetime]:
    """An ECS service right after its second version came; when each was registered."""
    dates = ecs_service.with_dates(monkeypatch)
    ecs_service.move_in(cloud)
    platform = {"kind": "ecs", "ecs": {"cluster": ecs_service.CLUSTER}}
    cloud.change_runbook({"modes": {"rollback": "auto"}, "endpoints": {"service": {"platform": platform}}})
    ecs_service.register(cloud, "1.1.0")
    ecs_service.deploy(cloud, 2)
    return dates


def test_an_ecs_service_gets_its_earlier_task_definition_back(cloud: Cloud, take: Take, dates: Any) -> None:
    assert take("apply")["outcome"] == "applied"
    assert take("apply")["outcome"] == "applied"
    assert "twinmind-service:2 (twinmind:1.1.0" in str(cloud.incident("pd-1"))
    ecs_service.deploy(cloud, 1)
    assert take("verify")["outcome"] == "under_way"
    ecs_service.settle()
    assert take("verify")["outcome"] == "verified"


def test_an_ecs_revision_that_was_deregistered_is_passed_over(cloud: Cloud, take: Take, dates: Any) -> None:
    cloud.client("ecs").deregister_task_definition(taskDefinition="twinmind-service:1")
    answer = take("apply")
    assert (answer["outcome"], "no active revision" in answer["text"]) == ("not_needed", True)


def test_a_forced_ecs_restart_is_no_deployment_to_suspect(take: Take, dates: dict[int, datetime]) -> None:
    dates[2] = datetime.now(UTC) - timedelta(days=30)
    answer = take("apply")
    assert (answer["outcome"], "no version was registered" in answer["text"]) == ("not_needed", True)

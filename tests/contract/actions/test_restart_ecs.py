"""Restarting on ECS: one forced deployment, followed to its end, whatever happens on the way."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ReadTimeoutError

from responder.actions.restart import restart
from tests.support import ecs_service
from tests.support.inprocess import Cloud

Act = Callable[..., dict[str, Any]]


class Api:
    """Stands before moto's ECS: counts the writes, and takes the first answer to one away where `loses` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.updates: list[Any] = []
        self.loses = False
        self.refuses = ""
        real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if operation != "UpdateService":
                return real(client, operation, parameters)
            self.updates.append(parameters)
            if self.refuses:
                raise client.exceptions.ClientError({"Error": {"Code": self.refuses}}, operation)
            real(client, operation, parameters)
            # As ECS has it: the service shows the new deployment in progress.
            primary = ecs_service.deployments()[0]
            primary.update(rolloutState="IN_PROGRESS", runningCount=0, pendingCount=primary["desiredCount"])
            if self.loses:
                self.loses = False
                raise ReadTimeoutError(endpoint_url="https://ecs")
            names = {"cluster": parameters["cluster"], "services": [parameters["service"]]}
            return {"service": real(client, "DescribeServices", names)["services"][0]}

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


@pytest.fixture
def api(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setattr(restart, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(restart, "PAUSE_SECONDS", 0.1)
    ecs_service.move_in(cloud)
    return Api(monkeypatch)


def test_one_deployment_is_forced_and_followed_until_its_tasks_run(api: Api, consumers: Act) -> None:
    assert consumers("restart")["outcome"] == "under_way"
    assert consumers("restart")["outcome"] == "under_way"
    assert "0 of 2 new tasks run" in consumers("follow")["text"]
    ecs_service.settle()
    assert consumers("follow") == {
        "outcome": "restarted",
        "text": "ECS service twinmind-service is restarted: 2 of 2 new tasks run.",
    }
    assert consumers("restart")["outcome"] == "restarted"
    assert [one["forceNewDeployment"] for one in api.updates] == [True]


def test_an_answer_that_is_lost_forces_no_second_deployment(api: Api, consumers: Act) -> None:
    api.loses = True
    held_up = consumers("restart")
    assert (held_up["outcome"], "ReadTimeoutError" in held_up["text"]) == ("under_way", True)
    assert "0 of 2 new tasks" in consumers("restart")["text"]
    ecs_service.settle()
    assert consumers("follow")["outcome"] == "restarted"
    assert len(api.updates) == 1


def test_a_rollback_by_the_circuit_breaker_is_a_failure_with_the_services_event(api: Api, consumers: Act) -> None:
    consumers("restart")
    ecs_service.fail("tasks failed to start", "(service twinmind-service) was unable to place a task.")
    answer = consumers("follow")
    assert answer["outcome"] == "failed"
    assert "tasks failed to start" in answer["text"]
    assert "unable to place a task" in answer["text"]
    del ecs_service.deployments()[1]  # ECS forgets the failed one while the rollback is under way, and later both
    assert "rolling back" in consumers("follow")["text"]
    assert len(api.updates) == 1


def test_a_deployment_that_never_ends_times_out(api: Api, cloud: Cloud, consumers: Act) -> None:
    platform = {"kind": "ecs", "ecs": {"cluster": ecs_service.CLUSTER}, "restart_deadline_seconds": 1}
    cloud.change_runbook({"endpoints": {"service": {"platform": platform}}})
    consumers("restart")
    cloud.wait_until(lambda: consumers("follow")["outcome"] == "timed_out")


def test_what_iam_refuses_is_named(api: Api, consumers: Act) -> None:
    api.refuses = "AccessDeniedException"
    named = f"ECS service {ecs_service.CLUSTER}/{ecs_service.SERVICE}"
    assert consumers("restart") == {
        "outcome": "failed",
        "text": f"The restart of {named} is held up: ECS answers AccessDeniedException.",
    }


def test_a_service_or_cluster_that_is_not_there_is_told(api: Api, cloud: Cloud, consumers: Act) -> None:
    for ecs, said in (
        ({"cluster": ecs_service.CLUSTER, "service": "other"}, "knows no service other"),
        ({"cluster": "nowhere"}, "ClusterNotFoundException"),
    ):
        cloud.change_runbook({"endpoints": {"service": {"platform": {"kind": "ecs", "ecs": ecs}}}})
        answer = consumers("restart")
        assert (answer["outcome"], said in answer["text"]) == ("failed", True)
    assert api.updates == []


def test_a_service_without_tasks_is_left_to_people(api: Api, cloud: Cloud, consumers: Act) -> None:
    ecs_service.deployments()[0]["desiredCount"] = 0
    assert consumers("restart")["outcome"] == "needs_people"
    assert api.updates == []


def test_the_next_execution_follows_a_restart_that_is_under_way(cloud: Cloud, api: Api, consumers: Act) -> None:
    assert consumers("restart")["outcome"] == "under_way"
    event = {"incident_id": "pd-1", "execution_number": 2, "op": "restart"}
    assert cloud.invoke("restart_consumers", event)["outcome"] == "under_way"
    ecs_service.settle()
    assert cloud.invoke("restart_consumers", event)["outcome"] == "restarted"
    assert len(api.updates) == 1
    cloud.invoke("restart_consumers", event | {"execution_number": 3})
    assert len(api.updates) == 2

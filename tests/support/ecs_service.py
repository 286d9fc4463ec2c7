"""An ECS service on moto, whose deployments move when a test says so: moto keeps one and never lets it progress."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.client import BaseClient
from moto.core.utils import utcnow
from moto.ecs.models import ecs_backends

from tests.support.inprocess import ACCOUNT, REGION, Cloud

CLUSTER, SERVICE = "twinmind-cluster", "twinmind-service"
RESOURCE = f"service/{CLUSTER}/{SERVICE}"
DIMENSION = "ecs:service:DesiredCount"


def move_in(cloud: Cloud, **platform: Any) -> None:
    """The service's platform is ECS: two tasks of twinmind-service:1 run."""
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName=CLUSTER)
    register(cloud, "1.0.0")
    ecs.create_service(cluster=CLUSTER, serviceName=SERVICE, taskDefinition="twinmind-service:1", desiredCount=2)
    settle()
    override = {"kind": "ecs", "ecs": {"cluster": CLUSTER, "service": SERVICE}} | platform
    cloud.change_runbook({"endpoints": {"service": {"platform": override}}})


def register(cloud: Cloud, version: str) -> None:
    container = {"name": "twinmind", "image": f"twinmind:{version}", "memory": 512}
    cloud.client("ecs").register_task_definition(family="twinmind-service", containerDefinitions=[container])


def deployments() -> list[dict[str, Any]]:
    """moto's own list, newest first: what is changed here is what DescribeServices answers."""
    service: Any = ecs_backends[ACCOUNT][REGION].services[f"{CLUSTER}:{SERVICE}"]
    found: list[dict[str, Any]] = service.deployments
    return found


def settle() -> None:
    """The newest deployment is complete, and the only one."""
    primary = deployments()[0]
    primary.update(rolloutState="COMPLETED", runningCount=primary["desiredCount"], pendingCount=0)
    del deployments()[1:]


def fail(reason: str, event: str) -> None:
    """The circuit breaker gives the newest deployment up, and rolls back by a deployment of its own."""
    primary = deployments()[0]
    primary.update(status="INACTIVE", rolloutState="FAILED", rolloutStateReason=reason)
    back = copy.deepcopy(primary)
    words = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
    back.update(id="ecs-svc/back", status="PRIMARY", rolloutState="IN_PROGRESS", rolloutStateReason=words)
    deployments().insert(0, back)
    service: Any = ecs_backends[ACCOUNT][REGION].services[f"{CLUSTER}:{SERVICE}"]
    service.events.insert(0, {"id": "e-1", "createdAt": utcnow(), "message": event})


def register_autoscaler(cloud: Cloud, minimum: int = 2, maximum: int = 10) -> None:
    cloud.client("application-autoscaling").register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=RESOURCE,
        ScalableDimension=DIMENSION,
        MinCapacity=minimum,
        MaxCapacity=maximum,
    )


def floor(cloud: Cloud) -> int:
    found = cloud.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    return int(found["ScalableTargets"][0]["MinCapacity"])


def run(count: int) -> None:
    """So many tasks run now."""
    service: Any = ecs_backends[ACCOUNT][REGION].services[f"{CLUSTER}:{SERVICE}"]
    service.running_count = service.desired_count = count


def deploy(cloud: Cloud, revision: int) -> None:
    """As ECS shows UpdateService with another task definition: a new primary deployment in progress."""
    arn = cloud.client("ecs").describe_task_definition(taskDefinition=f"twinmind-service:{revision}")
    _deployed(arn["taskDefinition"]["taskDefinitionArn"])


def _deployed(task: str) -> None:
    revision = task.rsplit(":", 1)[-1]
    new = deployments()[0] | {"id": f"ecs-svc/{revision}-{len(deployments())}", "taskDefinition": task}
    new |= {"createdAt": utcnow(), "rolloutState": "IN_PROGRESS", "runningCount": 0}
    deployments()[0]["status"] = "ACTIVE"
    deployments().insert(0, new)


def with_dates(monkeypatch: pytest.MonkeyPatch) -> dict[int, datetime]:
    """`registeredAt` of task definitions by revision, which AWS tells and moto does not; each starts as now."""
    dates: dict[int, datetime] = {}
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        found = real(client, operation, parameters)
        if operation == "DescribeTaskDefinition":
            task = found["taskDefinition"]
            task["registeredAt"] = dates.setdefault(task["revision"], datetime.now(UTC))
        return found

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return dates


def time_passes(cloud: Cloud) -> None:
    """Deployments complete, and as many tasks run as the autoscaler's floor asks for. Harmless where there is none."""
    if f"{CLUSTER}:{SERVICE}" not in ecs_backends[ACCOUNT][REGION].services:
        return
    settle()
    if cloud.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]:
        run(floor(cloud))


def with_deployments(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ECS has it: UpdateService makes a new primary deployment in progress; moto changes the one that is there."""
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation != "UpdateService":
            return real(client, operation, parameters)
        arn = parameters.get("taskDefinition", deployments()[0]["taskDefinition"])
        _deployed(arn)
        names = {"cluster": parameters["cluster"], "services": [parameters["service"]]}
        return {"service": real(client, "DescribeServices", names)["services"][0]}

    monkeypatch.setattr(BaseClient, "_make_api_call", call)

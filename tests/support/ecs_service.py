"""An ECS service on moto, whose deployments move when a test says so: moto keeps one and never lets it progress."""

import copy
from typing import Any

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

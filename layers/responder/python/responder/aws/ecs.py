"""The service on ECS, and its autoscaler's minimum. Every function raises PlatformRefused if AWS refuses the call."""

from typing import TYPE_CHECKING, Any

from botocore.config import Config

from responder.aws.clients import ONCE, READING, call_or_none, client, refusals
from responder.config.platforms import Ecs
from responder.domain.platform_refused import PlatformRefused

if TYPE_CHECKING:
    from mypy_boto3_application_autoscaling.type_defs import ScalableTargetTypeDef
    from mypy_boto3_ecs.type_defs import DeploymentTypeDef, ServiceTypeDef, TaskDefinitionTypeDef, TaskTypeDef

_FINAL = ("AccessDeniedException", "ClusterNotFoundException", "ServiceNotFoundException", "InvalidParameterException")
_DIMENSION = "ecs:service:DesiredCount"
# ECS describes at most 100 tasks at once.
MOST_TASKS = 100


def service(config: Ecs, timeouts: Config = READING) -> "ServiceTypeDef":
    with refusals("ECS", _passes):
        found = client("ecs", timeouts).describe_services(cluster=config.cluster, services=[config.service])
    services: list[ServiceTypeDef] = [one for one in found["services"] if one.get("status") != "INACTIVE"]
    if not services:
        raise PlatformRefused(f"ECS knows no service {config.service} in cluster {config.cluster}", passes=False)
    return services[0]


def primary_of(service: "ServiceTypeDef") -> "DeploymentTypeDef":
    """The newest deployment. Raises PlatformRefused if another controller deploys (CodeDeploy, or an external one)."""
    found = next((one for one in service.get("deployments") or [] if one.get("status") == "PRIMARY"), None)
    if found is None:
        why = f"service {service.get('serviceName')} has no deployments of ECS's own (is it CodeDeploy's?)"
        raise PlatformRefused(why, passes=False)
    return found


def tasks(config: Ecs, timeouts: Config = READING) -> "list[TaskTypeDef]":
    """The running and the recently stopped tasks, at most MOST_TASKS."""
    ecs, named = client("ecs", timeouts), {"cluster": config.cluster, "serviceName": config.service}
    with refusals("ECS", _passes):
        listed = [ecs.list_tasks(**named, desiredStatus=status) for status in ("RUNNING", "STOPPED")]
        arns = [arn for one in listed for arn in one["taskArns"]][:MOST_TASKS]
        return list(ecs.describe_tasks(cluster=config.cluster, tasks=arns)["tasks"]) if arns else []


def update(config: Ecs, **changes: Any) -> "ServiceTypeDef":
    """Calls UpdateService, with `forceNewDeployment` or `taskDefinition` in `changes`."""
    with refusals("ECS", _passes):
        answer = client("ecs", ONCE).update_service(cluster=config.cluster, service=config.service, **changes)
    updated: ServiceTypeDef = answer["service"]
    return updated


def task_definition(name: str) -> "TaskDefinitionTypeDef | None":
    """The task definition by ARN or `family:revision`; None if it is deleted."""
    with refusals("ECS", _passes):
        answer = call_or_none(
            lambda: client("ecs", READING).describe_task_definition(taskDefinition=name), ("ClientException",)
        )
    return answer["taskDefinition"] if answer else None


def short(arn: str) -> str:
    """`family:revision` of a task definition's ARN."""
    return arn.rsplit("/", 1)[-1]


def scalable_target(config: Ecs) -> "ScalableTargetTypeDef | None":
    """The bounds of the desired count; None if no autoscaler is registered."""
    with refusals("ECS", _passes):
        answer = client("application-autoscaling", READING).describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[_resource(config)], ScalableDimension=_DIMENSION
        )
    targets: list[ScalableTargetTypeDef] = answer["ScalableTargets"]
    return targets[0] if targets else None


def set_floor(config: Ecs, minimum: int) -> None:
    """Sets the autoscaler's minimum. RegisterScalableTarget changes only the given values."""
    with refusals("ECS", _passes):
        client("application-autoscaling", READING).register_scalable_target(
            ServiceNamespace="ecs",
            ResourceId=_resource(config),
            ScalableDimension=_DIMENSION,
            MinCapacity=minimum,
        )


def _resource(config: Ecs) -> str:
    return f"service/{config.cluster}/{config.service}"


def _passes(code: str) -> bool:
    return code not in _FINAL

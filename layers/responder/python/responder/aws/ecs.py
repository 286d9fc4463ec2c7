"""The service on ECS, and its autoscaler's minimum."""

from collections.abc import Callable
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client, error_code
from responder.config.platforms import Ecs
from responder.domain.platform_refused import PlatformRefused

# No SDK retries: after a lost answer the state is read, since each UpdateService that forces a deployment makes another
# one.
_ONCE = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
_READING = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
_FINAL = ("AccessDeniedException", "ClusterNotFoundException", "ServiceNotFoundException", "InvalidParameterException")
Json = dict[str, Any]
_DIMENSION = "ecs:service:DesiredCount"
# ECS describes at most 100 tasks at once.
MOST_TASKS = 100


def service(config: Ecs, timeouts: Config = _READING) -> Json:
    """DescribeServices, with `deployments` and `events`; raises PlatformRefused."""
    found = _asked(client("ecs", timeouts).describe_services, cluster=config.cluster, services=[config.service])
    services = [one for one in found["services"] if one.get("status") != "INACTIVE"]
    if not services:
        raise PlatformRefused(f"ECS knows no service {config.service} in cluster {config.cluster}", passes=False)
    one: Json = services[0]
    return one


def tasks(config: Ecs, timeouts: Config = _READING) -> list[Json]:
    """DescribeTasks, running and lately stopped, at most MOST_TASKS; raises PlatformRefused."""
    ecs, named = client("ecs", timeouts), {"cluster": config.cluster, "serviceName": config.service}
    listed = [_asked(ecs.list_tasks, **named, desiredStatus=status) for status in ("RUNNING", "STOPPED")]
    arns = [arn for one in listed for arn in one["taskArns"]][:MOST_TASKS]
    return list(_asked(ecs.describe_tasks, cluster=config.cluster, tasks=arns)["tasks"]) if arns else []


def update(config: Ecs, **changes: Any) -> Json:
    """UpdateService (`forceNewDeployment`, `taskDefinition`); raises PlatformRefused."""
    call = client("ecs", _ONCE).update_service
    one: Json = _asked(call, cluster=config.cluster, service=config.service, **changes)["service"]
    return one


def task_definition(name: str) -> Json | None:
    """DescribeTaskDefinition by ARN or `family:revision`; None if deleted. Raises PlatformRefused."""
    try:
        found: Json = client("ecs", _READING).describe_task_definition(taskDefinition=name)["taskDefinition"]
    except (ClientError, BotoCoreError) as error:
        if error_code(error) == "ClientException":
            return None
        raise _refused(error) from error
    return found


def scalable_target(config: Ecs) -> Json | None:
    """`MinCapacity`, `MaxCapacity` of the desired count; None without a registered autoscaler."""
    call = client("application-autoscaling", _READING).describe_scalable_targets
    found = _asked(call, ServiceNamespace="ecs", ResourceIds=[_resource(config)], ScalableDimension=_DIMENSION)
    targets: list[Json] = found["ScalableTargets"]
    return targets[0] if targets else None


def set_floor(config: Ecs, minimum: int) -> None:
    """RegisterScalableTarget changes only the given values; raises PlatformRefused."""
    call = client("application-autoscaling", _READING).register_scalable_target
    named = {"ServiceNamespace": "ecs", "ResourceId": _resource(config), "ScalableDimension": _DIMENSION}
    _asked(call, **named, MinCapacity=minimum)


def _resource(config: Ecs) -> str:
    return f"service/{config.cluster}/{config.service}"


def _asked(call: Callable[..., Json], **params: Any) -> Json:
    try:
        return call(**params)
    except (ClientError, BotoCoreError) as error:
        raise _refused(error) from error


def _refused(error: Exception) -> PlatformRefused:
    code = error_code(error)
    why = f"ECS answers {code}" if code else f"ECS gives no answer ({type(error).__name__})"
    return PlatformRefused(why, passes=code not in _FINAL)

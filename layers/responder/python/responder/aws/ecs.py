"""The service on ECS, and the floor of its autoscaler."""

from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client, error_code
from responder.config.platforms import Ecs

# A write whose answer got lost is looked for by reading, never sent again by the SDK: each UpdateService that forces a
# deployment makes another one.
_ONCE = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
_READING = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
_FINAL = ("AccessDeniedException", "ClusterNotFoundException", "ServiceNotFoundException", "InvalidParameterException")
Json = dict[str, Any]


class EcsRefused(RuntimeError):
    """AWS did not do it; the message is for people. `passes`: asking again may help."""

    def __init__(self, why: str, *, passes: bool) -> None:
        super().__init__(why)
        self.passes = passes


def service(config: Ecs) -> Json:
    """DescribeServices, with `deployments` and `events`; raises EcsRefused."""
    found = _asked(lambda: client("ecs", _READING).describe_services(cluster=config.cluster, services=[config.service]))
    services = [one for one in found["services"] if one.get("status") != "INACTIVE"]
    if not services:
        raise EcsRefused(f"ECS knows no service {config.service} in cluster {config.cluster}", passes=False)
    one: Json = services[0]
    return one


def update(config: Ecs, **changes: Any) -> Json:
    """UpdateService (`forceNewDeployment`, `taskDefinition`); raises EcsRefused."""
    found = _asked(
        lambda: client("ecs", _ONCE).update_service(cluster=config.cluster, service=config.service, **changes)
    )
    one: Json = found["service"]
    return one


def task_definition(name: str) -> Json | None:
    """DescribeTaskDefinition by ARN or `family:revision`; None for one that was deleted. Raises EcsRefused."""
    try:
        found: Json = client("ecs", _READING).describe_task_definition(taskDefinition=name)["taskDefinition"]
    except (ClientError, BotoCoreError) as error:
        if error_code(error) == "ClientException":
            return None
        raise _refused(error) from error
    return found


def scalable_target(config: Ecs) -> Json | None:
    """`MinCapacity`, `MaxCapacity` of the service's desired count; None where no autoscaler is registered."""
    found = _asked(
        lambda: client("application-autoscaling", _READING).describe_scalable_targets(
            ServiceNamespace="ecs", ResourceIds=[_resource(config)], ScalableDimension=_DIMENSION
        )
    )
    targets: list[Json] = found["ScalableTargets"]
    return targets[0] if targets else None


def set_floor(config: Ecs, minimum: int) -> None:
    """RegisterScalableTarget changes only what it is given; raises EcsRefused."""
    _asked(
        lambda: client("application-autoscaling", _READING).register_scalable_target(
            ServiceNamespace="ecs", ResourceId=_resource(config), ScalableDimension=_DIMENSION, MinCapacity=minimum
        )
    )


_DIMENSION = "ecs:service:DesiredCount"


def _resource(config: Ecs) -> str:
    return f"service/{config.cluster}/{config.service}"


def _asked(call: Any) -> Json:
    try:
        found: Json = call()
    except (ClientError, BotoCoreError) as error:
        raise _refused(error) from error
    return found


def _refused(error: Exception) -> EcsRefused:
    code = error_code(error)
    why = f"ECS answers {code}" if code else f"ECS gives no answer ({type(error).__name__})"
    return EcsRefused(why, passes=code not in _FINAL)

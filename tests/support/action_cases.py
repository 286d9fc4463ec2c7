"""What each action is for, set up in the outside world, and what the world must look like when it is over."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.dynamodb.models import dynamodb_backends
from moto.ecs.models import ecs_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sns.models import sns_backends

from responder.actions import ACTIONS
from responder.domain import clock
from responder.domain.diagnosis import Cause
from tests.support import cluster, ecs_service, inprocess, rollback
from tests.support.inprocess import ACCOUNT, REGION, SETTINGS, Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident

ID = "pd-1"
Json = dict[str, Any]
RESTART = 0.05  # in real seconds, unlike all else
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/twinmind-service"
PROMOTION = "secretsmanager:UpdateSecretVersionStage AWSCURRENT"
HPA = "PATCH /kubernetes/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/twinmind-hpa"
FLOOR = "application-autoscaling:RegisterScalableTarget"
HOOK, ROLLOUT, DEPLOY = "POST /service/restart", f"PATCH /kubernetes{DEPLOYMENT}", "ecs:UpdateService"
AUTO = dict.fromkeys(("model", "scale", "rollback", "contain"), "auto")
ON_APPROVAL = dict.fromkeys(AUTO, "approve")
ALONE = AUTO | {"queue": "observe", "quota": "observe"}


@dataclass(frozen=True)
class Scene:
    """`most`: how often an effect may be had in all the executions; `worked`: whether the action reached its end."""

    cause: Cause
    set_up: Callable[[Cloud], None]
    worked: Callable[[Cloud], bool]
    most: Mapping[str, int] = field(default_factory=dict)
    modes: Mapping[str, str] = field(default_factory=lambda: AUTO)
    # What happens in the world right before a function is called, by its name and event.
    meanwhile: Callable[[Cloud], Callable[[str, Json], None]] = lambda _: lambda name, event: None  # noqa: ARG005

    def looks_healed(self, cloud: Cloud) -> bool:
        """Whether the next execution's look finds another diagnosis; what is switched, or leaked, heals by no look."""
        return self.cause in (Cause.KEY_REJECTED, Cause.KEY_STALE, Cause.SERVICE_FAULT) and self.worked(cloud)

    @property
    def is_reverted(self) -> bool:
        return self.cause in (Cause.RATE_LIMITED, Cause.PROVIDER_SLOW, Cause.SERVICE_OVERLOADED)


def begun(cloud: Cloud, scene: Scene) -> None:
    """A fresh world, then the scene's."""
    _emptied(cloud)
    cloud.sandbox.reset()
    cloud.change_runbook({})
    cloud.sandbox.patch({"twinmind": {"latency_ms": 0}, "service": {"latency_ms": 0, "restart_seconds": RESTART}})
    scene.set_up(cloud)
    # The service's platform is in the override by now; the modes go beside it.
    cloud.client("ssm").put_parameter(
        Name=SETTINGS["RUNBOOK_PARAMETER"],
        Value=json.dumps(json.loads(cloud.runbook_text()) | {"modes": dict(scene.modes)}),
        Overwrite=True,
    )
    changes = {"cause": scene.cause, "started_at": clock.now()}
    keep_incident(rejected_key_incident(ID).model_copy(update=changes))


def _emptied(cloud: Cloud) -> None:
    """Straight in moto's memory: there are very many histories."""
    for backend in (ecs_backends, applicationautoscaling_backends):
        backend[ACCOUNT][REGION].reset()
    secrets = secretsmanager_backends[ACCOUNT][REGION].secrets
    for name in list(secrets):
        secrets.pop(name)
    inprocess._create_secrets()
    inprocess.empty_table()
    sns_backends[ACCOUNT][REGION].topics[SETTINGS["TOPIC_ARN"]].sent_notifications.clear()
    cloud.client("ssm").put_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"], Value="{}", Overwrite=True)


def service_flags(cloud: Cloud) -> Json:
    text = cloud.client("ssm").get_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])["Parameter"]["Value"]
    stamp = ("version", "set_by", "set_at", "reason")
    return {name: value for name, value in json.loads(text).items() if name not in stamp}


def labels(cloud: Cloud) -> list[str]:
    secret = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
    return sorted(label for of_version in secret["VersionIdsToStages"].values() for label in of_version)


def found(cloud: Cloud, setting_key: str) -> Any:
    """What a held thing is now."""
    kind, _, name = setting_key.partition(":")
    if kind == "flag":
        return service_flags(cloud).get(name)
    return ecs_service.floor(cloud) if name.startswith("ecs/") else _hpa(cloud)


def budget_spent(cloud: Cloud) -> Counter[str]:
    """Units of each action's budget for the incident."""
    items = dynamodb_backends[ACCOUNT][REGION].get_table(SETTINGS["TABLE_NAME"]).all_items()
    names = [str(item.hash_key.value) for item in items]
    pattern = re.compile(rf":({'|'.join(ACTIONS)}):{ID}:\d+$")
    return Counter(match[1] for name in names if (match := pattern.search(name)))


def _revoked(cloud: Cloud) -> None:
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})


def _stale(cloud: Cloud) -> None:
    cluster.promote(cloud, "standby-1")


def _stale_in_kubernetes(cloud: Cloud) -> None:
    cluster.move_in(cloud, external_secret="twinmind-secrets")
    _stale(cloud)


def _revoked_in_kubernetes(cloud: Cloud) -> None:
    """The Secret takes longer than one call of the restart looks on."""
    cluster.move_in(cloud, external_secret="twinmind-secrets")
    cloud.sandbox.patch({"kubernetes": {"sync_seconds": 5}})
    _revoked(cloud)


def _runs_old_key_again(cloud: Cloud) -> bool:
    is_valid = cloud.sandbox.world["twinmind"]["keys"]["primary"]["status"] == "active"
    return is_valid and cluster.running_key(cloud) == "primary"


def _stale_on_ecs(cloud: Cloud) -> None:
    _stale(cloud)
    ecs_service.move_in(cloud)


def _nothing(_: Cloud) -> None:
    return


def _overloaded_in_kubernetes(cloud: Cloud) -> None:
    cluster.move_in(cloud)


def _overloaded_on_ecs(cloud: Cloud) -> None:
    ecs_service.move_in(cloud)
    ecs_service.register_autoscaler(cloud)


def _bad_release_in_kubernetes(cloud: Cloud) -> None:
    cluster.move_in(cloud)
    container = {"name": "twinmind", "image": "twinmind-service:1.1.0"}
    change = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.person_patches(cloud, DEPLOYMENT, change).raise_for_status()


def _bad_release_on_ecs(cloud: Cloud) -> None:
    ecs_service.move_in(cloud)
    ecs_service.register(cloud, "1.1.0")
    ecs_service.deploy(cloud, 2)


def _runs_standby(cloud: Cloud) -> bool:
    return cluster.running_key(cloud) == "standby-1"


def _image(cloud: Cloud) -> str:
    template = cloud.sandbox.world["kubernetes"]["deployments"]["twinmind-service"]["spec"]["template"]
    return str(template["spec"]["containers"][0]["image"])


def _task(_: Cloud) -> str:
    return str(ecs_service.deployments()[0]["taskDefinition"]).rsplit("/", 1)[-1]


def _hpa(cloud: Cloud) -> int:
    return int(cloud.sandbox.world["kubernetes"]["horizontalpodautoscalers"]["twinmind-hpa"]["spec"]["minReplicas"])


SCENES: Mapping[str, Scene] = {
    "rotate": Scene(Cause.KEY_REJECTED, _revoked, _runs_standby, {PROMOTION: 1, HOOK: 1}),
    "rotate and roll back": Scene(
        Cause.KEY_REJECTED, _revoked_in_kubernetes, _runs_old_key_again, {PROMOTION: 2, ROLLOUT: 3},
        meanwhile=rollback.world_of,
    ),
    # The next execution finds the key replaced, and cannot know whether the service was proven with it.
    "contain": Scene(Cause.KEY_LEAKED, _nothing, _runs_standby, {PROMOTION: 1, HOOK: 2}),
    "contain on approval": Scene(
        Cause.KEY_LEAKED, _nothing, _runs_standby, {PROMOTION: 1, HOOK: 2}, ON_APPROVAL
    ),
    "restart by hook": Scene(Cause.KEY_STALE, _stale, _runs_standby, {HOOK: 1}),
    "restart in kubernetes": Scene(Cause.KEY_STALE, _stale_in_kubernetes, _runs_standby, {ROLLOUT: 1}),
    "restart on ecs": Scene(
        Cause.KEY_STALE, _stale_on_ecs, lambda _: ecs_service.deployments()[0]["id"] != "", {DEPLOY: 1}
    ),
    "quota and queue": Scene(
        Cause.RATE_LIMITED, _nothing, lambda cloud: service_flags(cloud).get("request_queue") is True
    ),
    "model": Scene(
        Cause.PROVIDER_SLOW,
        _nothing,
        lambda cloud: service_flags(cloud).get("model") == "ear-2",
        modes=ALONE,
    ),
    "scale in kubernetes": Scene(
        Cause.SERVICE_OVERLOADED, _overloaded_in_kubernetes, lambda cloud: _hpa(cloud) == 3, {HPA: 1},
        ALONE,
    ),
    "scale on ecs": Scene(
        Cause.SERVICE_OVERLOADED, _overloaded_on_ecs, lambda cloud: ecs_service.floor(cloud) == 3,
        {FLOOR: 1}, ALONE,
    ),
    "roll back in kubernetes": Scene(
        Cause.SERVICE_FAULT, _bad_release_in_kubernetes,
        lambda cloud: _image(cloud) == "twinmind-service:1.0.0", {ROLLOUT: 1},
    ),
    "roll back on approval": Scene(
        Cause.SERVICE_FAULT, _bad_release_in_kubernetes,
        lambda cloud: _image(cloud) == "twinmind-service:1.0.0", {ROLLOUT: 1}, ON_APPROVAL,
    ),
    "roll back on ecs": Scene(
        Cause.SERVICE_FAULT, _bad_release_on_ecs, lambda cloud: _task(cloud) == "twinmind-service:1",
        {DEPLOY: 1},
    ),
}  # fmt: skip

"""A restart, more replicas and a rollback on each platform that AWS knows of: what the acting roles are for."""

from datetime import timedelta
from typing import Any

import pytest

from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from tests.support import cluster, ecs_service
from tests.support import consumers as more
from tests.support.inprocess import Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident


def act_on_every_platform(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    _in_kubernetes(cloud)
    _on_eks(cloud)
    _on_ecs(cloud, monkeypatch)
    _other_consumers(cloud)


def _in_kubernetes(cloud: Cloud) -> None:
    incident(Cause.KEY_STALE, "pd-K")
    cluster.move_in(cloud)
    assert _restart(cloud, "pd-K") == "restarted"


def _on_eks(cloud: Cloud) -> None:
    """Nobody made the cluster, so each stops at DescribeCluster."""
    platform = {"kind": "kubernetes", "kubernetes": {"eks_cluster": "nobody-made-it"}}
    cloud.change_runbook({"modes": {"scale": "auto"}, "endpoints": {"service": {"platform": platform}}})
    incident(Cause.KEY_STALE, "pd-E")
    assert _restart(cloud, "pd-E") == "failed"
    incident(Cause.SERVICE_OVERLOADED, "pd-E2")
    assert _take(cloud, "apply", "scale", "pd-E2") == "failed"


def _on_ecs(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ecs_service.with_dates(monkeypatch)
    ecs_service.move_in(cloud)
    platform = {"kind": "ecs", "ecs": {"cluster": ecs_service.CLUSTER}}
    modes = {"scale": "auto", "rollback": "auto"}
    cloud.change_runbook({"modes": modes, "endpoints": {"service": {"platform": platform}}})
    incident(Cause.KEY_STALE, "pd-1")
    assert _restart(cloud, "pd-1") == "restarted"
    ecs_service.register_autoscaler(cloud)
    incident(Cause.SERVICE_OVERLOADED, "pd-2")
    assert _take(cloud, "apply", "scale", "pd-2") == "applied"
    ecs_service.register(cloud, "1.1.0")
    ecs_service.deploy(cloud, 2)
    incident(Cause.SERVICE_FAULT, "pd-3")
    assert _take(cloud, "apply", "rollback", "pd-3") == "applied"


def _other_consumers(cloud: Cloud) -> None:
    """A function beside the service: looked at before a rotation and by the doctor, and restarted."""
    more.make_function(cloud)
    cloud.change_runbook({"endpoints": {"consumers": [more.FUNCTION]}})
    incident(Cause.KEY_STALE, "pd-F")
    assert _restart(cloud, "pd-F") == "restarted"
    incident(Cause.KEY_REJECTED, "pd-R")
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    for platform in (
        {"kind": "kubernetes", "kubernetes": {"eks_cluster": "nobody-made-it"}},
        {"kind": "ecs", "ecs": {"cluster": ecs_service.CLUSTER}},
    ):
        cloud.change_runbook({"endpoints": {"service": {"platform": platform}, "consumers": [more.FUNCTION]}})
        cloud.invoke("rotate_api_key", {"incident_id": "pd-R", "step": "createSecret"})
        cloud.invoke("doctor", {})


def incident(cause: Cause, incident_id: str) -> None:
    """Open, sure enough to act, and begun a moment after whatever was deployed before it."""
    started = now() + timedelta(seconds=30)
    keep_incident(rejected_key_incident(incident_id).model_copy(update={"cause": cause, "started_at": started}))


def _restart(cloud: Cloud, incident_id: str) -> Any:
    return cloud.invoke("restart_consumers", {"incident_id": incident_id, "op": "restart"})["outcome"]


def _take(cloud: Cloud, op: str, action: str, incident_id: str) -> Any:
    return cloud.invoke("take_action", {"incident_id": incident_id, "op": op, "action": action})["outcome"]

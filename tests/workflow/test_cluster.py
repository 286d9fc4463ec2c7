"""The service in a cluster, from webhook to report: a rotation, a stale key, and a release that is taken back."""

from collections.abc import Iterator
from typing import Any

import pytest

from responder.actions.restart import restart, verify
from tests.support import cluster
from tests.support.inprocess import Cloud, running_cloud
from tests.support.rollback import world_of
from tests.workflow.history import INCIDENT, trigger
from tests.workflow.override_histories import decide, has_outcome, is_asked, outcomes

DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/twinmind-service"
REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch) as cloud:
        # One look a call, so that the machine follows the restart.
        monkeypatch.setattr(restart, "LOOK_SECONDS", 0.0)
        monkeypatch.setattr(restart, "ORDER_SECONDS", 0.0)
        cluster.move_in(cloud, external_secret="twinmind-secrets")
        yield cloud


def end(cloud: Cloud, name: str) -> tuple[dict[str, Any], list[str]]:
    """The incident and the states that it passed, once its execution has ended well."""
    ended = cloud.wait_for(name, seconds=90)
    assert ended["status"] == "SUCCEEDED"
    return cloud.incident(INCIDENT), cloud.states_entered(ended["executionArn"])


def test_a_rotated_key_reaches_the_pods_through_the_secret(cloud: Cloud) -> None:
    cloud.sandbox.patch(REVOKED)
    incident, states = end(cloud, trigger(cloud))
    assert ("restart", "restarted") in outcomes(incident)
    assert states.index("PromoteNewKey") < states.index("FollowRestart") < states.index("VerifyConsumers")
    assert cluster.running_key(cloud) == "standby-1"
    assert [path.split("/")[-2] for path in cluster.patches(cloud)] == ["externalsecrets", "deployments"]
    assert incident["status"] == "resolved"


def test_the_old_key_reaches_the_pods_again_however_long_its_secret_takes(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a rollback the rollout is ordered by a later look than the first: without one, none would be."""
    monkeypatch.setattr(verify, "PROOF_SECONDS", 3 * verify.PROBE_TIMEOUT_SECONDS + 2)
    cloud.sandbox.patch(REVOKED)
    cloud.interfere = world_of(cloud)
    incident, states = end(cloud, trigger(cloud))
    assert ("rotate", "restored") in outcomes(incident)
    assert [outcome for action, outcome in outcomes(incident) if action == "restart"] == ["restarted"] * 2
    after = states[states.index("RestartOnOldKey") :]
    assert after.index("FollowRestart") < after.index("HandOver")
    assert [path.split("/")[-2] for path in cluster.patches(cloud)] == ["externalsecrets", "deployments"] * 2
    assert cluster.running_key(cloud) == "primary"


def test_a_stale_key_is_a_restart_and_no_rotation(cloud: Cloud) -> None:
    cluster.promote(cloud, "standby-1")
    cloud.sandbox.patch(REVOKED)
    incident, states = end(cloud, trigger(cloud))
    assert incident["cause"] == "key_stale"
    assert "RotateApiKey" not in states
    assert ("restart", "restarted") in outcomes(incident)
    assert cluster.running_key(cloud) == "standby-1"


def test_a_release_before_the_alert_is_taken_back_once_people_approve(cloud: Cloud) -> None:
    container = {"name": "twinmind", "image": "twinmind-service:1.1.0"}
    release = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.person_patches(cloud, DEPLOYMENT, release).raise_for_status()
    cloud.sandbox.patch({"service": {"errors": {"ratio": 0.9}}})
    name = trigger(cloud)
    is_asked(cloud, "approve-rollback")
    assert cluster.patches(cloud) == []
    decide(cloud, "approve-rollback", "approve")
    has_outcome(cloud, "rollback", "verified")
    cloud.sandbox.patch({"service": {"errors": {"ratio": 0.0}}})
    incident, _ = end(cloud, name)
    assert incident["cause"] == "service_fault"
    assert len(cluster.patches(cloud)) == 1
    spec = cloud.sandbox.world["kubernetes"]["deployments"]["twinmind-service"]["spec"]
    assert spec["template"]["spec"]["containers"][0]["image"] == "twinmind-service:1.0.0"

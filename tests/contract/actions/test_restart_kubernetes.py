"""Restarting in Kubernetes: the Secret first, the rollout, and every way in which a cluster can hold it up."""

from collections.abc import Callable
from typing import Any

import pytest

from responder.actions.restart import restart, verify
from responder.clients import kubernetes
from tests.support.cluster import move_in, patches, person_patches, promote, running_key
from tests.support.inprocess import Cloud
from tests.support.tables import STOP_PARAMETER, set_parameter

Act = Callable[..., dict[str, Any]]
SYNCED = "twinmind-secrets"
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/twinmind-service"


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "PAUSE_SECONDS", 0.1)


def _in_force(cloud: Cloud, **platform: Any) -> None:
    override: dict[str, Any] = {"kind": "kubernetes", "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes"}}
    override["kubernetes"]["external_secret"] = SYNCED
    cloud.change_runbook({"endpoints": {"service": {"platform": override | platform}}})


def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call looks a single time."""
    monkeypatch.setattr(restart, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(restart, "ORDER_SECONDS", 0.0)


def test_the_secret_carries_the_new_key_before_every_pod_is_replaced(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud, external_secret=SYNCED)
    key = promote(cloud, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "restarted", answer
    assert "2 of 2 pods are new" in answer["text"]
    assert [path.split("/")[-2] for path in patches(cloud)] == ["externalsecrets", "deployments"]
    assert running_key(cloud) == "standby-1"
    assert consumers("verify")["outcome"] == "proven"
    told = str(cloud.incident("pd-1"))
    assert key not in told
    assert "Make ExternalSecret twinmind-secrets bring the current key" in told


def test_a_secret_that_carries_the_key_already_needs_no_sync(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud)
    cloud.sandbox.patch({"kubernetes": {"secret_synced": True}})
    promote(cloud, "standby-1")
    assert consumers("restart")["outcome"] == "restarted"
    assert len(patches(cloud)) == len(patches(cloud, "deployments")) == 1


def test_an_order_is_given_even_if_nobody_follows_it(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restart, "LOOK_SECONDS", 0.0)
    move_in(cloud, external_secret=SYNCED)
    cloud.sandbox.patch({"kubernetes": {"sync_seconds": 1.0}})
    promote(cloud, "standby-1")
    assert consumers("restart")["outcome"] == "under_way"
    assert len(patches(cloud, "deployments")) == 1


def test_a_restart_under_way_is_followed_and_never_ordered_twice(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    _once(monkeypatch)
    move_in(cloud, external_secret=SYNCED)
    promote(cloud, "standby-1")
    seen = [consumers("restart"), consumers("restart"), consumers("follow")]
    assert {answer["outcome"] for answer in seen} == {"under_way"}
    assert "is being refreshed" in seen[0]["text"]
    cloud.wait_until(lambda: consumers("follow")["outcome"] == "restarted")
    assert consumers("restart")["outcome"] == "restarted"
    assert len(patches(cloud, "externalsecrets")) == len(patches(cloud, "deployments")) == 1


@pytest.mark.parametrize("plural", ["externalsecrets", "deployments"])
def test_an_answer_that_is_lost_after_the_patch_causes_no_second_one(cloud: Cloud, consumers: Act, plural: str) -> None:
    move_in(cloud, external_secret=SYNCED)
    promote(cloud, "standby-1")
    lost = {"times": 1, "method": "PATCH", "path": plural}
    cloud.sandbox.patch({"faults": {"kubernetes": {"lose_answer": lost}}})
    assert consumers("restart")["outcome"] == "restarted"
    assert len(patches(cloud, plural)) == 1


def test_without_a_sync_people_are_asked_and_nothing_is_restarted_blindly(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud)
    promote(cloud, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "needs_people"
    assert "kubectl rollout restart deployment/twinmind-service -n default" in answer["text"]
    assert patches(cloud) == []


@pytest.mark.parametrize(
    ("spec", "why"),
    [({"refreshPolicy": "CreatedOnce"}, "CreatedOnce"), ({"refreshInterval": "0s"}, "refreshInterval is 0")],
)
def test_an_external_secret_that_never_refreshes_is_seen_before_anything_is_changed(
    cloud: Cloud, consumers: Act, spec: dict[str, str], why: str
) -> None:
    move_in(cloud, external_secret=SYNCED)
    cloud.sandbox.patch({"kubernetes": {"externalsecrets": {SYNCED: {"spec": spec}}}})
    promote(cloud, "standby-1")
    answer = consumers("restart")
    assert (answer["outcome"], why in answer["text"]) == ("needs_people", True)
    assert patches(cloud) == []


def test_a_sync_that_is_stuck_times_out_and_says_what_the_operator_says(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud, external_secret=SYNCED)
    _in_force(cloud, restart_deadline_seconds=2)
    cloud.sandbox.patch({"kubernetes": {"sync_fails": True}})
    promote(cloud, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "timed_out"
    assert "SecretSyncedError: could not get secret data from provider" in answer["text"]
    assert patches(cloud, "deployments") == []
    assert running_key(cloud) == "primary"


def test_a_rollout_that_is_stuck_fails_with_the_clusters_reason(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud)
    cloud.sandbox.patch({"kubernetes": {"rollout_stuck": True, "secret_synced": True}})
    promote(cloud, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "failed"
    assert "timed out progressing (1 of 2 pods are new; the old ones serve on)" in answer["text"]


def test_a_service_that_stays_on_its_old_key_is_restarted_and_not_proven(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "PROOF_SECONDS", 3 * verify.PROBE_TIMEOUT_SECONDS + 1.0)
    move_in(cloud, external_secret=SYNCED)
    cloud.sandbox.patch({"service": {"stuck_on_old_key": True}})
    promote(cloud, "standby-1")
    assert consumers("restart")["outcome"] == "restarted"
    assert consumers("verify")["outcome"] == "not_proven"


@pytest.mark.parametrize(
    ("forbidden", "patched"),
    [("get deployments", []), ("get secrets", []), ("patch externalsecrets", [SYNCED]), ("patch deployments", None)],
)
def test_what_rbac_forbids_is_named_and_ends_the_restart(
    cloud: Cloud, consumers: Act, forbidden: str, patched: list[str] | None
) -> None:
    move_in(cloud, external_secret=SYNCED)
    cloud.sandbox.patch({"kubernetes": {"forbidden": [forbidden]}})
    promote(cloud, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "failed"
    verb, resource = forbidden.split()
    assert f'cannot {verb} resource "{resource}"' in answer["text"]
    assert running_key(cloud) == "primary"


def test_an_api_that_is_down_is_waited_for_once_the_restart_began(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    _once(monkeypatch)
    move_in(cloud, external_secret=SYNCED)
    promote(cloud, "standby-1")
    assert consumers("restart")["outcome"] == "under_way"
    cloud.sandbox.patch({"kubernetes": {"up": False}})
    held_up = consumers("follow")
    assert (held_up["outcome"], "503" in held_up["text"]) == ("under_way", True)
    cloud.sandbox.patch({"kubernetes": {"up": True}, "faults": {"kubernetes": {"drop": True}}})
    assert consumers("follow")["outcome"] == "under_way"
    cloud.sandbox.patch({"faults": {"kubernetes": {"drop": False}}})
    cloud.wait_until(lambda: consumers("follow")["outcome"] == "restarted")


def test_an_api_that_is_too_slow_is_asked_again_and_nothing_is_done_twice(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    _once(monkeypatch)
    move_in(cloud, external_secret=SYNCED)
    promote(cloud, "standby-1")
    assert consumers("restart")["outcome"] == "under_way"
    monkeypatch.setattr(kubernetes, "TIMEOUT_SECONDS", 0.3)
    cloud.sandbox.patch({"faults": {"kubernetes": {"hang_seconds": 1.5}}})
    slow = consumers("follow")
    assert (slow["outcome"], "no answer within the time limit" in slow["text"]) == ("under_way", True)
    monkeypatch.setattr(kubernetes, "TIMEOUT_SECONDS", 4.0)
    monkeypatch.setattr(kubernetes, "TIMEOUT_SECONDS", 4.0)
    cloud.sandbox.patch({"faults": {"kubernetes": {"hang_seconds": 0}}})
    cloud.wait_until(lambda: consumers("follow")["outcome"] == "restarted")
    assert len(patches(cloud, "externalsecrets")) == len(patches(cloud, "deployments")) == 1


@pytest.mark.parametrize("change", [{"kubernetes": {"up": False}}, {"credentials": {"kubernetes": "another"}}])
def test_a_cluster_out_of_reach_before_the_restart_is_told(cloud: Cloud, consumers: Act, change: Any) -> None:
    move_in(cloud)
    cloud.sandbox.patch(change)
    answer = consumers("restart")
    assert (answer["outcome"], "cannot be planned" in answer["text"]) == ("failed", True)


def test_the_stop_switch_counts_until_the_last_write(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    _once(monkeypatch)
    move_in(cloud, external_secret=SYNCED)
    promote(cloud, "standby-1")
    assert consumers("restart")["outcome"] == "under_way"
    set_parameter(STOP_PARAMETER, "stop")
    cloud.wait_until(lambda: consumers("follow")["outcome"] == "not_allowed")
    assert patches(cloud, "deployments") == []


def test_people_approve_exactly_this_restart(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud)
    platform = {"kind": "kubernetes", "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes"}}
    cloud.change_runbook({"modes": {"restart": "approve"}, "endpoints": {"service": {"platform": platform}}})
    for _ in range(2):
        assert consumers("restart")["outcome"] == "needs_approval"
    assert patches(cloud) == []
    (task,) = cloud.invoke("decide", {"incident_id": "pd-1"})["human_tasks"]
    answer = {"incident_id": "pd-1", "task": "approve-restart", "decision": "approve", "by": "lead"}
    cloud.invoke("decide", answer | {"plan_hash": task["plan_hash"]})
    assert consumers("restart")["outcome"] == "restarted"
    assert len(patches(cloud, "deployments")) == 1
    assert cloud.incident("pd-1")["actions"][-1]["mode"] == "approve"


def test_only_observing_tells_the_plan_and_changes_nothing(cloud: Cloud, consumers: Act) -> None:
    move_in(cloud, external_secret=SYNCED)
    promote(cloud, "standby-1")
    set_parameter(STOP_PARAMETER, "stop")
    answer = consumers("restart")
    assert (answer["outcome"], "by a rollout" in answer["text"]) == ("observed", True)
    assert patches(cloud) == []


@pytest.mark.parametrize(("spec", "why"), [({"paused": True}, "paused"), ({"replicas": 0}, "no pods")])
def test_a_deployment_that_replaces_no_pods_is_left_to_people(
    cloud: Cloud, consumers: Act, spec: Any, why: str
) -> None:
    move_in(cloud)
    person_patches(cloud, DEPLOYMENT, {"spec": spec}).raise_for_status()
    answer = consumers("restart")
    assert (answer["outcome"], why in answer["text"]) == ("needs_people", True)
    assert patches(cloud) == []


def test_following_nothing_is_said(consumers: Act) -> None:
    assert consumers("follow")["outcome"] == "failed"

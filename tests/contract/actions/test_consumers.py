"""Several consumers of the key: restarted side by side, each proven, and looked at before a rotation."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient

from responder.actions.restart import restart, verify
from responder.config.runbook import with_override
from tests.support import cluster, ecs_service
from tests.support import consumers as more
from tests.support.inprocess import Cloud
from tests.support.tables import API_KEY_SECRET

Act = Callable[..., dict[str, Any]]
SYNCED = "twinmind-secrets"


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restart, "PAUSE_SECONDS", 0.1)


@pytest.fixture
def everywhere(cloud: Cloud) -> Cloud:
    more.run_everywhere(cloud, external_secret=SYNCED)
    return cloud


def of_function(monkeypatch: pytest.MonkeyPatch, **changes: Any) -> list[dict[str, Any]]:
    """What Lambda says of the function differs from moto by `changes`; → the writes."""
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]
    writes: list[dict[str, Any]] = []

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if operation == "UpdateFunctionConfiguration":
            writes.append(parameters)
        found = real(client, operation, parameters)
        named = operation in ("GetFunctionConfiguration", "UpdateFunctionConfiguration")
        return found | (changes if named else {})

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    return writes


def test_all_are_restarted_side_by_side_and_each_once(everywhere: Cloud, consumers: Act) -> None:
    cluster.promote(everywhere, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "restarted", answer
    for said in (
        "Deployment twinmind-service is restarted: 2 of 2",
        "Deployment twinmind-worker is restarted: 2 of 2",
        "ECS service twinmind-service is restarted",
        "Lambda function summaries is restarted",
    ):
        assert said in answer["text"]
    orders = cluster.patches(everywhere, "deployments")
    assert sorted(path.rsplit("/", 1)[1] for path in orders) == ["twinmind-service", "twinmind-worker"]
    assert more.environment(everywhere)["MODE"] == "live", "what else is in its environment stays"
    written = more.environment(everywhere)["TWINMIND_RESTARTED_AT"]
    assert consumers("restart")["outcome"] == "restarted"
    assert more.environment(everywhere)["TWINMIND_RESTARTED_AT"] == written
    assert len(cluster.patches(everywhere, "deployments")) == 2


def test_one_that_is_slow_holds_no_other_one_up(everywhere: Cloud, consumers: Act, monkeypatch: Any) -> None:
    monkeypatch.setattr(restart, "LOOK_SECONDS", 0.0)
    everywhere.sandbox.patch({"kubernetes": {"secret_synced": True, "rollout_seconds": 3600}})
    cluster.promote(everywhere, "standby-1")
    assert consumers("restart")["outcome"] == "under_way"
    assert "TWINMIND_RESTARTED_AT" in more.environment(everywhere)
    assert len(cluster.patches(everywhere, "deployments")) == 2


def test_what_people_must_restart_is_named_and_the_others_are_restarted(everywhere: Cloud, consumers: Act) -> None:
    more.publish(everywhere)
    cluster.promote(everywhere, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == "needs_people"
    assert "live → 1 is a published version" in answer["text"]
    assert "Deployment twinmind-worker is restarted" in answer["text"]
    assert "TWINMIND_RESTARTED_AT" not in more.environment(everywhere)


def test_a_hook_that_failed_is_not_called_again_while_others_restart(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    more.make_function(cloud)
    writes = of_function(monkeypatch, LastUpdateStatus="InProgress")
    cloud.change_runbook(
        {
            "endpoints": {
                "service": {"platform": {"restart_deadline_seconds": 2}},
                "consumers": [more.FUNCTION],
            }
        }
    )
    cloud.sandbox.patch({"service": {"status_code": 500}})
    answer = consumers("restart")
    assert (answer["outcome"], writes) == ("timed_out", [])
    assert "is being updated by somebody else" in answer["text"]
    assert "restart hook answered 500" in answer["text"]
    hooks = [entry for entry in cloud.sandbox.journal("service") if entry["path"].endswith("/restart")]
    assert len(hooks) == 1


def test_a_new_configuration_that_lambda_cannot_roll_out_fails(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    more.make_function(cloud)
    cloud.change_runbook({"endpoints": {"consumers": [more.FUNCTION]}})
    of_function(monkeypatch, LastUpdateStatus="Failed", LastUpdateStatusReason="The subnet has no free address")
    answer = consumers("restart")
    assert (answer["outcome"], "The subnet has no free address" in answer["text"]) == ("failed", True)


def test_an_environment_that_cannot_be_decrypted_is_never_written(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    more.make_function(cloud)
    cloud.change_runbook({"endpoints": {"consumers": [more.FUNCTION]}})
    error = {"ErrorCode": "AccessDeniedException", "Message": "kms:Decrypt"}
    writes = of_function(monkeypatch, Environment={"Error": error})
    answer = consumers("restart")
    assert (answer["outcome"], "cannot be decrypted" in answer["text"], writes) == ("needs_people", True, [])


def test_no_value_of_a_functions_environment_is_told(cloud: Cloud, consumers: Act) -> None:
    more.make_function(cloud, PASSWORD="correct-horse-battery")
    cloud.change_runbook({"endpoints": {"consumers": [more.FUNCTION]}})
    assert consumers("restart")["outcome"] == "restarted"
    assert "correct-horse" not in json.dumps(cloud.incident("pd-1"))
    assert more.environment(cloud)["PASSWORD"] == "correct-horse-battery"


def test_a_consumer_that_stays_ill_leaves_the_new_key_unproven(
    cloud: Cloud, rotate: Act, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    more.make_function(cloud)
    url = f"{cloud.sandbox.url}/twinmind-status/nothing-here"
    cloud.change_runbook({"endpoints": {"consumers": [more.FUNCTION | {"health_url": url}]}})
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    assert consumers("restart")["outcome"] == "restarted"
    monkeypatch.setattr(verify, "PROOF_SECONDS", 3 * verify.PROBE_TIMEOUT_SECONDS + 1.0)
    proof = consumers("verify")
    assert (proof["outcome"], "Lambda function summaries: " in proof["text"]) == ("not_proven", True)
    cloud.change_runbook({"endpoints": {"consumers": [more.FUNCTION]}})
    proof = consumers("verify")
    assert (proof["outcome"], "has no health_url" in proof["text"]) == ("proven", True)


def test_a_key_that_is_put_back_restarts_all_of_them_again(
    everywhere: Cloud, rotate: Act, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders: list[str] = []
    real: Any = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        orders.extend([operation] if operation in ("UpdateService", "UpdateFunctionConfiguration") else [])
        return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    assert consumers("restart")["outcome"] == "restarted"
    everywhere.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    assert rotate("restoreSecret")["outcome"] == "restored"
    for _ in range(2):  # asked again, it orders nothing again
        answer = consumers("restart")
        assert answer["outcome"] == "restarted", answer
        patched = [path.rsplit("/", 1)[1] for path in cluster.patches(everywhere, "deployments")]
        assert sorted(patched) == ["twinmind-service"] * 2 + ["twinmind-worker"] * 2
        assert sorted(orders) == ["UpdateFunctionConfiguration"] * 2 + ["UpdateService"] * 2
    assert cluster.running_key(everywhere) == "primary"


def test_before_a_rotation_each_consumer_is_read_and_nothing_is_written(everywhere: Cloud, rotate: Act) -> None:
    assert rotate("createSecret")["outcome"] == "staged"
    assert cluster.patches(everywhere) == []
    read = {entry["path"].rsplit("/", 1)[1] for entry in everywhere.sandbox.journal("kubernetes")}
    assert {"twinmind-service", "twinmind-worker", SYNCED} <= read
    assert not [entry for entry in everywhere.sandbox.journal("kubernetes") if "/secrets/" in entry["path"]]


def test_what_cannot_be_restarted_is_known_before_the_rotation_and_people_decide(
    everywhere: Cloud, rotate: Act
) -> None:
    more.publish(everywhere)
    ecs_service.deployments()[0]["desiredCount"] = 0
    answer = rotate("createSecret")
    assert answer["outcome"] == "needs_approval"
    assert "live → 1 is a published version" in answer["text"]
    assert "has no tasks to restart" in answer["text"]
    versions = everywhere.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    assert [label for labels in versions.values() for label in labels] == ["AWSCURRENT"]
    (task,) = everywhere.invoke("decide", {"incident_id": "pd-1"})["human_tasks"]
    approval = {"incident_id": "pd-1", "task": "approve-rotate", "decision": "approve", "by": "lead"}
    everywhere.invoke("decide", approval | {"plan_hash": task["plan_hash"]})
    assert rotate("createSecret")["outcome"] == "staged"


@pytest.mark.parametrize("service", [{"restart_hook_path": None}, {"platform": {"kind": "none"}}])
def test_without_any_consumer_a_rotation_asks_first(cloud: Cloud, rotate: Act, service: dict[str, Any]) -> None:
    cloud.change_runbook({"endpoints": {"service": service}})
    answer = rotate("createSecret")
    assert answer["outcome"] == "needs_approval"
    assert "No consumer of the key is configured" in answer["text"]


def test_a_secret_that_nothing_fills_is_known_before_the_rotation(cloud: Cloud, rotate: Act) -> None:
    """It carries the old key at this moment, which is right, and would still carry it after the rotation."""
    cluster.move_in(cloud)
    answer = rotate("createSecret")
    assert (answer["outcome"], "no ExternalSecret is configured" in answer["text"]) == ("needs_approval", True)


def test_a_cluster_out_of_reach_is_not_taken_for_one_that_can_be_restarted(everywhere: Cloud, rotate: Act) -> None:
    everywhere.sandbox.patch({"kubernetes": {"up": False}})
    answer = rotate("createSecret")
    assert (answer["outcome"], "is not known" in answer["text"]) == ("needs_approval", True)


@pytest.mark.parametrize(("served", "outcome"), [(["v1beta1"], "restarted"), (["v1", "v1beta1"], "restarted"),
                                                 (["v1alpha1"], "failed"), ([], "failed")])  # fmt: skip
def test_the_cluster_is_asked_in_which_version_it_serves_external_secrets(
    cloud: Cloud, consumers: Act, served: list[str], outcome: str
) -> None:
    cluster.move_in(cloud, external_secret=SYNCED)
    cloud.sandbox.patch({"kubernetes": {"external_versions": served}})
    cluster.promote(cloud, "standby-1")
    answer = consumers("restart")
    assert answer["outcome"] == outcome, answer
    if outcome == "failed":
        assert ("serves no external-secrets.io" if not served else "as v1alpha1, where v1 or v1beta1") in answer["text"]
    else:
        assert [path.split("/")[4] for path in cluster.patches(cloud, "externalsecrets")] == [served[0]]


def mount(cloud: Cloud) -> None:
    """The pods mount the key by the Secrets Store CSI Driver."""
    volume = {"name": "key", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": True}}
    change = {"spec": {"template": {"spec": {"volumes": [volume]}}}}
    path = "/apis/apps/v1/namespaces/default/deployments/twinmind-service"
    cluster.person_patches(cloud, path, change).raise_for_status()


def test_pods_that_mount_the_key_need_only_a_restart(cloud: Cloud, consumers: Act) -> None:
    cluster.move_in(cloud)
    mount(cloud)
    cloud.change_runbook(
        {
            "endpoints": {
                "service": {
                    "platform": {
                        "kind": "kubernetes",
                        "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes", "secret": "mounted-only"},
                    }
                }
            }
        }
    )
    assert consumers("restart")["outcome"] == "restarted"
    assert "Secrets Store CSI Driver" in str(cloud.incident("pd-1")["actions"])


def test_a_secret_that_the_driver_would_write_only_by_its_rotation_is_left_to_people(
    cloud: Cloud, consumers: Act
) -> None:
    cluster.move_in(cloud)
    mount(cloud)
    cluster.promote(cloud, "standby-1")
    answer = consumers("restart")
    assert (answer["outcome"], "enableSecretRotation" in answer["text"]) == ("needs_people", True)


@pytest.mark.parametrize(
    ("consumer", "said"),
    [
        ({"kind": "lambda", "function": "summaries:live"}, "without a version or alias"),
        ({"kind": "kubernetes", "deployment": "worker"}, "eks_cluster, or api_url"),
        ({"kind": "ecs", "service": "batch"}, "cluster"),
        ({"kind": "http", "base_url": "https://a.example"}, "restart_hook_path"),
    ],
)
def test_a_consumer_that_could_never_be_restarted_is_refused(consumer: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        with_override(json.dumps({"endpoints": {"consumers": [consumer]}}))


def test_the_service_is_the_first_consumer_and_is_not_listed_again() -> None:
    platform = {"kind": "ecs", "ecs": {"cluster": "apps", "service": "twinmind"}}
    listed = [{"kind": "ecs", "cluster": "apps", "service": "twinmind"}]
    with pytest.raises(ValueError, match="is there twice"):
        with_override(json.dumps({"endpoints": {"service": {"platform": platform}, "consumers": listed}}))

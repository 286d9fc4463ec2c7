"""External Secrets, the history of a Deployment, a rollout that is stuck, and roles that are enforced."""

import base64
import json
from typing import Any

import httpx

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "Bearer a-service-account-token"}
EXTERNAL = "/kubernetes/apis/external-secrets.io/v1/namespaces/default/externalsecrets/twinmind-secrets"
SECRET = "/kubernetes/api/v1/namespaces/default/secrets/twinmind-secrets"
DEPLOYMENT = "/kubernetes/apis/apps/v1/namespaces/default/deployments/twinmind-service"
REPLICA_SETS = "/kubernetes/apis/apps/v1/namespaces/default/replicasets"
BY_HAND = {"kubernetes": {"secret_synced": False, "sync_seconds": 5}}


def _patch(outside: Outside, path: str, change: Any) -> httpx.Response:
    headers = KEY | {"Content-Type": "application/merge-patch+json"}
    return outside.http.patch(path, headers=headers, content=json.dumps(change))


def _changed(outside: Outside, path: str, change: Any) -> None:
    answer = _patch(outside, path, change)
    assert answer.status_code == 200, answer.text


def _read(outside: Outside, path: str) -> Any:
    return outside.http.get(path, headers=KEY).json()


def _force_sync(outside: Outside, value: str = "1") -> None:
    _changed(outside, EXTERNAL, {"metadata": {"annotations": {"force-sync": value}}})


def _held(outside: Outside) -> str:
    return base64.b64decode(_read(outside, SECRET)["data"]["api-key"]).decode()


def test_a_changed_external_secret_refreshes_the_secret(outside: Outside) -> None:
    outside.sandbox.patch(BY_HAND)
    outside.secret = outside.key("standby-1")
    before = _read(outside, EXTERNAL)["status"]
    _force_sync(outside)
    outside.now += 4
    assert _held(outside) == outside.key("primary")
    assert _read(outside, EXTERNAL)["status"]["refreshTime"] == before["refreshTime"]
    outside.now += 1
    assert _held(outside) == outside.key("standby-1")
    after = _read(outside, EXTERNAL)["status"]
    assert after["refreshTime"] > before["refreshTime"]
    assert after["syncedResourceVersion"] != before["syncedResourceVersion"]
    assert _read(outside, SECRET)["metadata"]["annotations"]["reconcile.external-secrets.io/data-hash"]


def test_a_sync_that_fails_says_so_and_changes_nothing(outside: Outside) -> None:
    outside.sandbox.patch(BY_HAND | {"kubernetes": BY_HAND["kubernetes"] | {"sync_fails": True}})
    outside.secret = outside.key("standby-1")
    before = _read(outside, EXTERNAL)["status"]["refreshTime"]
    _force_sync(outside)
    outside.now += 5
    status = _read(outside, EXTERNAL)["status"]
    assert (status["conditions"][0]["status"], status["refreshTime"]) == ("False", before)
    assert _held(outside) == outside.key("primary")


def test_a_secret_that_is_made_once_is_not_refreshed(outside: Outside) -> None:
    outside.sandbox.patch(BY_HAND)
    outside.secret = outside.key("standby-1")
    for number, spec in enumerate(({"refreshPolicy": "CreatedOnce"}, {"refreshPolicy": None, "refreshInterval": "0"})):
        _changed(outside, EXTERNAL, {"spec": spec, "metadata": {"annotations": {"force-sync": str(number)}}})
        outside.now += 6
        assert _held(outside) == outside.key("primary")


def _rollout(outside: Outside, image: str) -> None:
    containers = [_read(outside, DEPLOYMENT)["spec"]["template"]["spec"]["containers"][0] | {"image": image}]
    _changed(outside, DEPLOYMENT, {"spec": {"template": {"spec": {"containers": containers}}}})
    outside.now += 3


def _revisions(outside: Outside) -> dict[str, str]:
    items = _read(outside, REPLICA_SETS)["items"]
    return {
        one["metadata"]["annotations"]["deployment.kubernetes.io/revision"]: one["spec"]["template"]["spec"][
            "containers"
        ][0]["image"]
        for one in items
    }


def test_the_history_keeps_each_template_once_under_its_newest_revision(outside: Outside) -> None:
    _rollout(outside, "twinmind-service:1.1.0")
    assert _revisions(outside) == {"2": "twinmind-service:1.1.0", "1": "twinmind-service:1.0.0"}
    _rollout(outside, "twinmind-service:1.0.0")
    assert _revisions(outside) == {"3": "twinmind-service:1.0.0", "2": "twinmind-service:1.1.0"}


def test_a_json_patch_changes_all_or_nothing(outside: Outside) -> None:
    headers = KEY | {"Content-Type": "application/json-patch+json"}
    replace = {"op": "replace", "path": "/spec/replicas", "value": 5}
    for revision, status, replicas in (("7", 422, 2), ("1", 200, 5)):
        test = {"op": "test", "path": "/metadata/annotations/deployment.kubernetes.io~1revision", "value": revision}
        answer = outside.http.patch(DEPLOYMENT, headers=headers, content=json.dumps([test, replace]))
        assert answer.status_code == status
        assert _read(outside, DEPLOYMENT)["spec"]["replicas"] == replicas


def test_a_stuck_rollout_passes_its_deadline_and_the_old_pods_stay(outside: Outside) -> None:
    outside.sandbox.patch({"kubernetes": {"rollout_stuck": True}})
    _rollout(outside, "twinmind-service:1.1.0")
    status = _read(outside, DEPLOYMENT)["status"]
    assert (status["updatedReplicas"], status["availableReplicas"]) == (1, 2)
    outside.now += 2
    progressing = _read(outside, DEPLOYMENT)["status"]["conditions"][1]
    assert (progressing["status"], progressing["reason"]) == ("False", "ProgressDeadlineExceeded")


def test_a_token_with_roles_may_do_only_what_they_name(outside: Outside) -> None:
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"], "resourceNames": ["twinmind-secrets"]}
    outside.sandbox.patch({"kubernetes": {"rbac": {"a-service-account-token": [rule]}}})
    assert outside.http.get(SECRET, headers=KEY).status_code == 200
    assert _patch(outside, SECRET, {"data": {}}).status_code == 403
    assert outside.http.get(f"{SECRET}-other", headers=KEY).status_code == 403
    assert outside.http.get(SECRET, headers={"Authorization": "Bearer another"}).status_code == 200

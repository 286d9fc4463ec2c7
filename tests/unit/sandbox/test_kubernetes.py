"""The Kubernetes API server: objects, patches, refusals, the Secret, pods and their log."""

import base64
import json
from typing import Any

import httpx
import pytest

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "Bearer a-service-account-token"}
DEPLOYMENTS = "apis/apps/v1/namespaces/default/deployments"
DEPLOYMENT = f"{DEPLOYMENTS}/twinmind-service"
SECRET = "api/v1/namespaces/default/secrets/twinmind-secrets"
PODS = "api/v1/namespaces/default/pods"
USAGE = "apis/metrics.k8s.io/v1beta1/namespaces/default/pods"
HPA = "apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/twinmind-hpa"
MERGE, STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"


def _get(outside: Outside, path: str, **query: Any) -> httpx.Response:
    return outside.http.get(f"/kubernetes/{path}", headers=KEY, params=query)


def _patch(outside: Outside, path: str, change: Any, kind: str = MERGE) -> httpx.Response:
    headers = KEY | {"Content-Type": kind}
    return outside.http.patch(f"/kubernetes/{path}", headers=headers, content=json.dumps(change))


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _refused(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    assert (body["kind"], body["status"], body["code"]) == ("Status", "Failure", answer.status_code)
    return answer.status_code, body["reason"], body["message"]


def test_the_objects_have_the_names_of_the_facts(outside: Outside) -> None:
    for selector, count in (("app=twinmind-service", 1), ("app!=twinmind-service", 0), ("tier", 0)):
        assert len(_get(outside, DEPLOYMENTS, labelSelector=selector).json()["items"]) == count
    assert _get(outside, DEPLOYMENTS.replace("default", "other")).json()["items"] == []
    deployment = _get(outside, DEPLOYMENT).json()
    assert deployment["metadata"]["generation"] == deployment["status"]["observedGeneration"] == 1
    assert deployment["status"]["availableReplicas"] == deployment["spec"]["replicas"] == 2
    assert _get(outside, HPA).json()["spec"]["maxReplicas"] == 10


def test_a_call_without_a_token_and_one_for_nothing_are_refused_with_a_status(outside: Outside) -> None:
    for headers in ({}, {"Authorization": "Basic eDp5"}):
        assert _refused(outside.http.get(f"/kubernetes/{PODS}", headers=headers))[:2] == (401, "Unauthorized")
    for path in (
        f"{DEPLOYMENTS}/other",
        DEPLOYMENT.replace("default", "other"),
        f"{PODS}/nobody",
        f"{PODS}/nobody/log",
    ):
        assert _refused(_get(outside, path))[:2] == (404, "NotFound")
    assert _refused(_get(outside, f"{DEPLOYMENTS}/other"))[2] == 'deployments.apps "other" not found'


@pytest.mark.parametrize("rule", ["patch deployments", "patch deployments.apps", "* deployments", "patch *"])
def test_what_the_world_forbids_is_forbidden_and_nothing_else(outside: Outside, rule: str) -> None:
    outside.sandbox.patch({"kubernetes": {"forbidden": [rule]}})
    status, reason, message = _refused(_patch(outside, DEPLOYMENT, {"spec": {"replicas": 3}}))
    assert (status, reason) == (403, "Forbidden")
    assert message.startswith('deployments.apps "twinmind-service" is forbidden: User "system:serviceaccount:')
    assert 'cannot patch resource "deployments" in API group "apps" in the namespace "default"' in message
    assert _get(outside, PODS).status_code == 200


def test_a_log_can_be_forbidden_where_the_pod_is_not(outside: Outside) -> None:
    outside.sandbox.patch({"kubernetes": {"forbidden": ["get pods/log"]}})
    [name, _] = [pod["metadata"]["name"] for pod in _get(outside, PODS).json()["items"]]
    assert [_get(outside, f"{PODS}/{name}{part}").status_code for part in ("", "/log")] == [200, 403]


def test_a_strategic_patch_merges_containers_and_a_merge_patch_replaces_them(outside: Outside) -> None:
    change = {"spec": {"template": {"spec": {"containers": [{"name": "twinmind", "image": "twinmind-service:2"}]}}}}
    [merged] = _patch(outside, DEPLOYMENT, change, STRATEGIC).json()["spec"]["template"]["spec"]["containers"]
    assert (merged["image"], "env" in merged) == ("twinmind-service:2", True)
    [replaced] = _patch(outside, DEPLOYMENT, change).json()["spec"]["template"]["spec"]["containers"]
    assert "env" not in replaced
    assert _refused(_patch(outside, DEPLOYMENT, [], "application/apply-patch+yaml"))[0] == 415
    assert _refused(_patch(outside, DEPLOYMENT, "text"))[0] == 400


def test_a_null_removes_and_an_old_version_conflicts(outside: Outside) -> None:
    for value, shown in (("a", {"note": "a"}), (None, {})):
        answer = _patch(outside, DEPLOYMENT, {"metadata": {"annotations": {"note": value}}})
        metadata = answer.json()["metadata"]
        revision = {"deployment.kubernetes.io/revision": "1"}
        assert (metadata["annotations"], metadata["generation"]) == (shown | revision, 1)
    stale = _patch(outside, DEPLOYMENT, {"metadata": {"resourceVersion": "1"}, "spec": {"replicas": 9}})
    assert _refused(stale)[:2] == (409, "Conflict")
    current = _get(outside, DEPLOYMENT).json()
    assert (current["metadata"]["resourceVersion"], current["spec"]["replicas"]) == ("3", 2)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (DEPLOYMENT, {"metadata": None}),
        (DEPLOYMENT, {"metadata": []}),
        (DEPLOYMENT, {"spec": None}),
        (DEPLOYMENT, {"spec": {"replicas": "3"}}),
        (DEPLOYMENT, {"spec": {"replicas": -1}}),
        (DEPLOYMENT, {"spec": {"template": None}}),
        (HPA, {"spec": {"minReplicas": None}}),
        (SECRET, {"data": {"api-key": "not base64"}}),
        (SECRET, {"data": "text"}),
    ],
)
def test_an_object_that_makes_no_sense_is_refused_and_nothing_is_changed(
    outside: Outside, path: str, change: Any
) -> None:
    before = _get(outside, path).json()
    assert _refused(_patch(outside, path, change))[:2] == (422, "Invalid")
    assert _get(outside, path).json() == before


def test_an_autoscaler_keeps_the_deployment_within_its_bounds(outside: Outside) -> None:
    raised = _patch(outside, HPA, {"spec": {"minReplicas": 4}}).json()
    assert (raised["spec"]["maxReplicas"], raised["status"]["desiredReplicas"]) == (10, 4)
    outside.now += 2
    assert _get(outside, DEPLOYMENT).json()["status"]["availableReplicas"] == 4
    assert len(_get(outside, PODS).json()["items"]) == 4


def test_a_synced_secret_follows_the_store_and_another_keeps_what_it_was_given(outside: Outside) -> None:
    assert _get(outside, SECRET).json()["data"]["api-key"] == _encoded(outside.key())
    outside.sandbox.patch({"kubernetes": {"secret_synced": False}})
    outside.secret = outside.key("standby-1")
    assert _get(outside, SECRET).json()["data"]["api-key"] == _encoded(outside.key())
    patched = _patch(outside, SECRET, {"stringData": {"api-key": "given-by-hand"}}).json()
    assert patched["data"]["api-key"] == _encoded("given-by-hand")
    outside.sandbox.patch({"kubernetes": {"secret_synced": True}})
    assert _get(outside, SECRET).json()["data"]["api-key"] == _encoded(outside.secret)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"data": {"api-key": _encoded("never-seen-key")}}, MERGE),
        ({"stringData": {"other": "never-seen-key"}}, STRATEGIC),
        ({"metadata": {"annotations": {"applied": "never-seen-key"}}}, STRATEGIC),
        (
            [{"op": "replace", "path": "/data/api-key", "value": _encoded("never-seen-key")}],
            "application/json-patch+json",
        ),
    ],
)
def test_the_journal_never_holds_the_value_of_a_secret(outside: Outside, change: Any, kind: str) -> None:
    _patch(outside, SECRET, change, kind)
    outside.http.post(f"/kubernetes/{SECRET.rsplit('/', 1)[0]}", headers=KEY, json=change)
    stored = outside.http.get("/_journal").text
    assert len(outside.sandbox.journal("kubernetes")) == 2
    for value in ("never-seen-key", _encoded("never-seen-key"), "a-service-account-token"):
        assert value not in stored


def test_the_fingerprint_of_an_encoded_value_is_that_of_the_credential(outside: Outside) -> None:
    _patch(outside, SECRET, {"data": {"api-key": _encoded(outside.key("standby-1"))}})
    assert outside.sandbox.fingerprint(outside.key("standby-1")) in outside.last_call()["body"]["data"]["api-key"]


def test_usage_follows_the_load_and_needs_the_metrics_server(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"load": {"cpu": 0.9, "memory": 0.5}}})
    items = _get(outside, USAGE, labelSelector="app=twinmind-service").json()["items"]
    assert [one["containers"][0]["usage"] for one in items] == [{"cpu": "450000000n", "memory": "262144Ki"}] * 2
    outside.sandbox.patch({"kubernetes": {"metrics_server": False}})
    assert _get(outside, USAGE).status_code == 404


def _log(outside: Outside, **query: Any) -> list[str]:
    name = _get(outside, PODS).json()["items"][0]["metadata"]["name"]
    return _get(outside, f"{PODS}/{name}/log", **query).text.splitlines()


def test_the_log_tells_the_recent_errors_in_columns_and_in_json(outside: Outside) -> None:
    outside.now += 10
    outside.sandbox.patch(
        {"twinmind": {"keys": {"primary": {"status": "revoked"}}}, "kubernetes": {"log_format": "column"}}
    )
    outside.now += 10
    lines = [line.split() for line in _log(outside)]
    assert len(lines) == 20
    assert {line[-1] for line in lines[:10]} == {"ok"}
    assert {line[-1] for line in lines[10:]} == {"AUTH_FAILED"}
    assert "batch-import" in {line[3] for line in lines}
    outside.sandbox.patch({"kubernetes": {"log_format": "json"}})
    last = json.loads(_log(outside, tailLines=1)[0])
    assert last["error"] | {"stack": ""} == {"name": "AUTH_FAILED", "message": "Invalid API key", "stack": ""}
    assert outside.key() not in "".join(_log(outside))


def test_a_log_is_bounded_as_asked(outside: Outside) -> None:
    outside.now += 10
    assert [len(_log(outside, tailLines=tail)) for tail in (0, 3, 100)] == [0, 3, 10]
    assert len("\n".join(_log(outside, limitBytes=50))) == 50

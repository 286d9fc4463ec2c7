"""deploy/kubernetes: the shipped Roles, enforced by the sandbox's API, allow what the responder does and no more."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.domain.diagnosis import Cause
from tests.support import cluster
from tests.support.inprocess import Cloud, running_cloud
from tests.support.platform_actions import incident

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"
READ, ACT = "token-that-may-read-0001", "token-that-may-act-0001"
DEPLOYMENT = "/apis/apps/v1/namespaces/default/deployments/twinmind-service"
# Group, resource and verb.
Right = tuple[str, str, str]


class _Tagged(yaml.SafeLoader):
    """CloudFormation's short forms are of no interest here."""


_Tagged.add_multi_constructor("!", lambda _, tag, node: f"{tag} {node.value}")


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.load_all((FOLDER / name).read_text(encoding="utf-8"), _Tagged))


def rules(identity: str) -> list[dict[str, Any]]:
    roles = {one["metadata"]["name"]: one["rules"] for one in documents("rbac.yaml") if one["kind"] == "Role"}
    found: list[dict[str, Any]] = roles[f"twinmind-responder-{identity}"]
    return found


def granted(identity: str) -> set[Right]:
    return {
        (group, resource, verb)
        for rule in rules(identity)
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.fixture(scope="module")
def called() -> Iterator[tuple[dict[str, set[Right]], set[int]]]:
    """Everything that the responder does in a cluster, under the shipped Roles: calls by token, and their statuses."""
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        _set_up(cloud)
        _look(cloud)
        _act(cloud)
        marks = {cloud.sandbox.fingerprint(READ): "read", cloud.sandbox.fingerprint(ACT): "act"}
        seen: dict[str, set[Right]] = {"read": set(), "act": set()}
        # API discovery is for everybody who is known (ClusterRole system:discovery), in no namespace.
        calls = [entry for entry in cloud.sandbox.journal("kubernetes") if "/namespaces/" in entry["path"]]
        ours = [entry for entry in calls if entry["credential"] in marks]
        for entry in ours:
            seen[marks[entry["credential"]]].add(_right(entry))
        yield seen, {entry["status"] for entry in ours}


def _set_up(cloud: Cloud) -> None:
    cluster.move_in(cloud)
    cluster.give_credentials(cloud, kubernetes=READ, kubernetes_act=ACT)
    kubernetes = {"api_url": f"{cloud.sandbox.url}/kubernetes", "external_secret": "twinmind-secrets"}
    service = {"platform": {"kind": "kubernetes", "kubernetes": kubernetes}}
    cloud.change_runbook({"modes": {"scale": "auto", "rollback": "auto"}, "endpoints": {"service": service}})
    cloud.sandbox.patch({"kubernetes": {"rbac": {READ: rules("read"), ACT: rules("act")}}})


def _look(cloud: Cloud) -> None:
    incident(Cause.SERVICE_FAULT, "pd-look")
    cloud.invoke("run_diagnostics", {"incident_id": "pd-look", "execution_number": 1})
    incident(Cause.KEY_REJECTED, "pd-rotate")
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    staged = cloud.invoke("rotate_api_key", {"incident_id": "pd-rotate", "step": "createSecret"})
    assert staged["outcome"] == "staged", "every consumer was seen to be one that can be restarted"
    cloud.invoke("rotate_api_key", {"incident_id": "pd-rotate", "step": "testSecret", **staged})


def _act(cloud: Cloud) -> None:
    cluster.promote(cloud, "standby-1")
    incident(Cause.KEY_STALE, "pd-stale")
    assert cloud.invoke("restart_consumers", {"incident_id": "pd-stale", "op": "restart"})["outcome"] == "restarted"
    containers = [{"name": "twinmind", "image": "twinmind-service:1.1.0"}]
    change = {"spec": {"template": {"spec": {"containers": containers}}}}
    cluster.person_patches(cloud, DEPLOYMENT, change).raise_for_status()
    for cause, action in ((Cause.SERVICE_OVERLOADED, "scale"), (Cause.SERVICE_FAULT, "rollback")):
        incident(cause, f"pd-{action}")
        event = {"incident_id": f"pd-{action}", "action": action}
        assert cloud.invoke("take_action", event | {"op": "apply"})["outcome"] == "applied"
        cloud.invoke("take_action", event | {"op": "verify"})


def _right(entry: dict[str, Any]) -> Right:
    before, _, after = entry["path"].partition("/namespaces/")
    _, resource, name, part = [*after.split("/"), "", "", ""][:4]
    group = before.split("/apis/")[1].split("/")[0] if "/apis/" in before else ""
    verb = "patch" if entry["method"] == "PATCH" else "get" if name else "list"
    return group, f"{resource}/{part}" if part else resource, verb


def test_nothing_is_refused_under_the_shipped_roles(called: Any) -> None:
    assert called[1] == {200}


@pytest.mark.parametrize("identity", ["read", "act"])
def test_each_right_is_used_and_no_other(called: Any, identity: str) -> None:
    assert called[0][identity] == granted(identity)


def test_reading_changes_nothing_and_sees_no_secret() -> None:
    assert {verb for _, _, verb in granted("read")} == {"get", "list"}
    assert "secrets" not in {resource for _, resource, _ in granted("read")}


def test_what_can_be_held_to_a_name_is() -> None:
    unnamed = [rule for one in ("read", "act") for rule in rules(one) if "resourceNames" not in rule]
    assert all(rule["verbs"] == ["list"] or rule["resources"] == ["pods/log"] for rule in unnamed)
    assert "*" not in json.dumps([rules("read"), rules("act")])


def test_every_role_has_its_group_and_each_function_the_group_that_it_needs() -> None:
    (entries,) = documents("access-entries.yaml")
    groups = {name: one["Properties"]["KubernetesGroups"] for name, one in entries["Resources"].items()}
    assert groups == {
        "RunDiagnostics": ["twinmind-responder-read"],
        "RestartConsumers": ["twinmind-responder-act"],
        "RotateApiKey": ["twinmind-responder-read"],
        "TakeAction": ["twinmind-responder-act"],
        "Doctor": ["twinmind-responder-act"],
    }
    bound = {
        (subject["kind"], subject["name"], one["roleRef"]["name"])
        for file in ("rbac.yaml", "service-accounts.yaml")
        for one in documents(file)
        if one["kind"] == "RoleBinding"
        for subject in one["subjects"]
    }
    names = ("twinmind-responder-read", "twinmind-responder-act")
    assert bound == {(kind, name, name) for kind in ("Group", "ServiceAccount") for name in names}

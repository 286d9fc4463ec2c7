"""Acts of the world and of people while a drill runs."""

import copy
import json
import time
from typing import Any

import httpx

from local.drill.decisions import NothingToPress, click
from local.drill.scenario import Act
from local.drill.stack import Stack
from local.initial_data import APPROVER

Json = dict[str, Any]


def change_world(after_state: str, says: str, change: Json) -> Act:
    return Act(after_state, says, lambda stack, _: stack.change_world(change))


def throw_stop_switch(after_state: str) -> Act:
    says = "somebody throws the stop switch"
    return Act(after_state, says, lambda stack, _: stack.set_parameter("stop_parameter", "stop"))


def stage_key(after_state: str, label: str) -> Act:
    """A person puts the key that the world knows as `label` on the list of standby keys."""

    def stage(stack: Stack, _: str) -> None:
        store, secret_id = stack.aws("secretsmanager"), stack.facts["secrets"]["twinmind_standby_keys"]
        staged = json.loads(store.get_secret_value(SecretId=secret_id)["SecretString"])["keys"]
        keys = [*staged, stack.world()["twinmind"]["keys"][label]["key"]]
        store.put_secret_value(SecretId=secret_id, SecretString=json.dumps({"keys": keys}))

    return Act(after_state, f"a person stages {label}", stage)


def press(after_state: str, action: str, *, user: str = APPROVER, reason: str | None = None) -> Act:
    """A person presses `approve` or `decline` under the newest plan in Slack, once it is there."""

    def pressed(stack: Stack, _: str) -> None:
        for _attempt in range(50):
            try:
                click(stack.facts["sandbox_url"], action, user=user, reason=reason)
            except NothingToPress:
                time.sleep(0.2)
            else:
                return
        raise RuntimeError(f"no message in Slack has a button to {action}")

    return Act(after_state, f"{user} presses “{action}” in Slack", pressed)


def resolve(after_state: str) -> Act:
    return Act(after_state, "a person resolves the alert", lambda stack, incident_id: stack.resolve(incident_id))


def send_another(after_state: str, title: str) -> Act:
    """Sends an alert for a second incident with the same cause."""

    def send(stack: Stack, _: str) -> None:
        stack.send_alert(title)

    return Act(after_state, "a second alert comes", send)


def unstage_keys(stack: Stack) -> None:
    stack.put_secret("twinmind_standby_keys", json.dumps({"keys": []}))


def use_up_rotations(stack: Stack) -> None:
    """Another incident used the only rotation of the day (with `budgets.rotate.per_day` at 1)."""
    body = json.dumps({"use": "another", "incident_id": "pd-QANOTHER", "at": "2026-01-01T00:00:00.000Z"})
    item = {"pk": {"S": "mark#twinmind:rotate:day:0"}, "sk": {"S": "mark"}, "body": {"S": body}}
    expires = {"expires_at": {"N": str(int(time.time()) + 120)}}
    stack.aws("dynamodb").put_item(TableName=stack.facts["table_name"], Item=item | expires)


def wait_for_refusals(stack: Stack) -> None:
    """Waits until TwinMind answers 429, so that the alert comes after the fault."""
    deadline, metrics = time.monotonic() + 20, f"{stack.facts['sandbox_url']}/service/metrics"
    while 'status="429"' not in httpx.get(metrics).raise_for_status().text:
        if time.monotonic() > deadline:
            raise TimeoutError("the burst did not use TwinMind's limit up within 20 s")
        time.sleep(0.2)


def deploy_new_version(stack: Stack) -> None:
    """Somebody rolls out another image, a moment before the alert."""
    container = {"name": "twinmind", "image": "registry.example.com/twinmind-service:next"}
    stack.patch_deployment({"spec": {"template": {"spec": {"containers": [container]}}}})


def deploy_worker(stack: Stack) -> None:
    """Adds a second Deployment that reads the same Secret, and so has the same key."""
    worker = copy.deepcopy(stack.world()["kubernetes"]["deployments"]["twinmind-service"])
    worker["metadata"]["name"] = "twinmind-worker"
    stack.change_world({"kubernetes": {"deployments": {"twinmind-worker": worker}}})


def rotate_behind_the_service(stack: Stack) -> None:
    """People put another key in force, revoke the old one, and forget that the service reads it only at its start."""
    keys = stack.world()["twinmind"]["keys"]
    stack.put_secret("twinmind_api_key", keys["standby-1"]["key"])
    stack.change_world({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})

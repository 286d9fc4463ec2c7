"""A rotation that is rolled back, through the real state machine in this process: prints its timeline.

    PYTHONPATH=layers/responder/python:. .venv/bin/python -m tests.support.rollback

The key is refused; a standby key is promoted; the service does not come up with it; meanwhile the old key is made
valid again at TwinMind; so it comes back, and the service is restarted on it.
"""

import logging
import os
from collections.abc import Callable
from typing import Any

import pytest

from responder.actions.restart import restart, verify
from tests.support.cluster import running_key
from tests.support.inprocess import REGION, SETTINGS, Cloud, running_cloud
from tests.workflow.histories import REVOKED, trigger

Json = dict[str, Any]


def play() -> tuple[list[Json], list[str], Json]:
    """→ the incident's timeline, the states that were entered, and the secret's labels at the end."""
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, REVOKED) as cloud:
        monkeypatch.setattr(verify, "PROOF_SECONDS", 3 * verify.PROBE_TIMEOUT_SECONDS + 2)
        # One look a call, so that the machine follows both restarts.
        monkeypatch.setattr(restart, "LOOK_SECONDS", 0.0)
        cloud.interfere = world_of(cloud)
        execution = trigger(cloud)
        ended = cloud.wait_for(execution, seconds=90)
        secret = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
        timeline = cloud.incident(execution.removesuffix("-1"))["timeline"]
        return timeline, cloud.states_entered(ended["executionArn"]), secret["VersionIdsToStages"]


def world_of(cloud: Cloud) -> Callable[[str, Json], None]:
    """What happens meanwhile: the new key does not help, and the old one is made valid again."""

    def interfere(name: str, event: Json) -> None:
        on_new_key = event.get("op") == "verify" and running_key(cloud) != "primary"
        if name == "restart_consumers" and on_new_key:
            broken = {"service": {"status_code": 503}, "twinmind": {"keys": {"primary": {"status": "active"}}}}
            cloud.sandbox.patch(broken)
        if name == "rotate_api_key" and event.get("step") == "restoreSecret":
            cloud.sandbox.patch({"service": {"status_code": None}})

    return interfere


def main() -> None:
    logging.disable(logging.CRITICAL)
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    timeline, states, labels = play()
    for entry in timeline:
        print(f"{entry['at'][11:19]}  {entry['kind']:<18} {entry['text'][:200]}")
    print("\nstates:", " → ".join(states))
    print("labels:", {version[:8]: sorted(of_version) for version, of_version in labels.items() if of_version})


if __name__ == "__main__":
    main()

"""An incident whose service runs in the sandbox's cluster, and what a test asks that cluster."""

import json
from typing import Any

import httpx

from tests.support.inprocess import SETTINGS, VENDORS, Cloud

TOKEN = "kubernetes-credential-0001"
HEADERS = {"Authorization": "Bearer person-at-a-keyboard"}
STORE = SETTINGS["TWINMIND_API_KEY_SECRET"]
# Quick enough to wait for, slow enough to be seen under way.
QUICK = {"rollout_seconds": 0.6, "sync_seconds": 0.3, "secret_synced": False}


def move_in(cloud: Cloud, **kubernetes: Any) -> None:
    """The service's platform is the sandbox's cluster, whose API takes only our token and a person's."""
    give_credentials(cloud, kubernetes=TOKEN)
    platform = {"kind": "kubernetes", "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes"} | kubernetes}
    cloud.change_runbook({"endpoints": {"service": {"platform": platform}}})
    cloud.sandbox.patch({"kubernetes": QUICK})


def give_credentials(cloud: Cloud, **more: str) -> None:
    secret = SETTINGS["VENDOR_CREDENTIALS_SECRET"]
    cloud.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(VENDORS | more))


def promote(cloud: Cloud, label: str) -> str:
    """Makes TwinMind's key of that label AWSCURRENT, as a rotation did before the restart."""
    key: str = cloud.sandbox.world["twinmind"]["keys"][label]["key"]
    cloud.client("secretsmanager").put_secret_value(SecretId=STORE, SecretString=key)
    return key


def patches(cloud: Cloud, plural: str = "") -> list[str]:
    """The paths that were patched by the responder, oldest first."""
    ours = cloud.sandbox.fingerprint(TOKEN)
    calls = [entry for entry in cloud.sandbox.journal("kubernetes") if entry["credential"] == ours]
    return [entry["path"] for entry in calls if entry["method"] == "PATCH" and f"/{plural}" in entry["path"]]


def person_patches(cloud: Cloud, path: str, change: Any) -> httpx.Response:
    headers = HEADERS | {"Content-Type": "application/strategic-merge-patch+json"}
    return httpx.patch(f"{cloud.sandbox.url}/kubernetes{path}", headers=headers, json=change)


def running_key(cloud: Cloud) -> str:
    """The label of the key that the service's process holds."""
    label: str = httpx.get(f"{cloud.sandbox.url}/_world").json()["service"]["running"]["key"]
    return label

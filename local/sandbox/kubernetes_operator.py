"""Fills the Secret from our service's key store: an unnamed operator at every read, or External Secrets Operator."""

import hashlib
import json

from local.sandbox.kubernetes_objects import KEY_FIELD, SECRET, encoded
from local.sandbox.service import LoadKey
from local.sandbox.shapes import Json
from local.sandbox.world import World

DATA_HASH = "reconcile.external-secrets.io/data-hash"


class Operator:
    """Refreshes when an ExternalSecret was changed (its "FAQ": "Can I manually trigger a secret refresh?").

    It does not refresh by the clock: nobody waits an hour here. Nor if `refreshPolicy` is CreatedOnce, or Periodic with
    an interval of 0: such a Secret does not change after it was created.
    """

    def __init__(self, world: World, load_key: LoadKey) -> None:
        self._world, self._load_key = world, load_key
        self._due: dict[str, float] = {}
        self._seen: dict[str, Json] = {}

    @property
    def _state(self) -> Json:
        found: Json = self._world["kubernetes"]
        return found

    def reset(self) -> None:
        self._due.clear()
        self._seen.clear()

    def copy_at_sight(self) -> None:
        """Copies like an operator that is always faster than our next read; nobody promises one (twinmind.md#names)."""
        if self._state["secret_synced"]:
            self._copy()

    def changed(self, name: str) -> None:
        spec = self._state["externalsecrets"][name]["spec"]
        policy, interval = spec.get("refreshPolicy", "Periodic"), str(spec.get("refreshInterval", "1h"))
        if policy == "OnChange" or (policy == "Periodic" and interval not in ("0", "0s")):
            self._due[name] = self._world.now() + self._state["sync_seconds"]

    def advance(self) -> None:
        for name in [name for name, due in self._due.items() if self._world.now() >= due]:
            del self._due[name]
            failed = self._state["sync_fails"] or not self._copy()
            ready = _ready(failed, self._world.iso())
            refreshed = self.status(name) if failed else self._refreshed()
            self._seen[name] = refreshed | {"conditions": [ready]}

    def status(self, name: str) -> Json:
        """ExternalSecretStatus: `refreshTime` is that of the last refresh that succeeded."""
        begun = {"refreshTime": self._world.iso(0)[:19] + "Z", "syncedResourceVersion": "1-0", "binding": {}}
        return self._seen.get(name, begun | {"conditions": [_ready(False, self._world.iso(0))]})

    def _refreshed(self) -> Json:
        held = self._state["secrets"][SECRET]["data"]
        version = f"1-{_digest(held)}"
        return {"refreshTime": f"{self._world.iso()[:19]}Z", "syncedResourceVersion": version, "binding": {}}

    def _copy(self) -> bool:
        secret, key = self._state["secrets"].get(SECRET), self._load_key()
        if not secret or not key:
            return False
        secret["data"][KEY_FIELD] = encoded(key)
        secret["metadata"]["annotations"][DATA_HASH] = _digest(secret["data"])
        return True


def _ready(failed: bool, at: str) -> Json:
    reason, message = ("SecretSyncedError", "could not get secret data from provider")
    if not failed:
        reason, message = ("SecretSynced", "secret synced")
    condition = {"type": "Ready", "status": str(not failed), "reason": reason, "message": message}
    return condition | {"lastTransitionTime": f"{at[:19]}Z"}


def _digest(data: Json) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]

"""What a sandbox test holds: the sandbox, a client, its time, the secret and the service flags of our service."""

from dataclasses import dataclass, field
from typing import Any

import httpx

from local.sandbox import Sandbox


@dataclass
class Outside:
    now: float = 1_800_000_000.0
    secret: str | None = None
    service_flags: dict[str, Any] | None = None
    sandbox: Sandbox = field(init=False)
    http: httpx.Client = field(init=False)

    def key(self, label: str = "primary") -> str:
        key: str = self.sandbox.world["twinmind"]["keys"][label]["key"]
        return key

    def as_key(self, label: str = "primary") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key(label)}"}

    def metrics(self) -> dict[str, float]:
        """Every sample of /metrics by its name and labels as printed."""
        lines = self.http.get("/service/metrics").text.splitlines()
        samples = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in samples}

    def last_call(self) -> dict[str, Any]:
        return self.sandbox.journal()[-1]

"""The latest probe run of an integration. Incidents that are open at the same time share it."""

import json
from datetime import timedelta

from pydantic import AwareDatetime

from responder.aws.dynamodb_items import Items, body
from responder.domain.clock import iso, now
from responder.domain.finding import Finding
from responder.domain.model import Model

# It is longer than a probe run takes, so a run expires only if its owner has died.
CLAIM_LIFE = timedelta(seconds=40)
KEPT = timedelta(minutes=5)


class SharedProbeRun(Model):
    """`findings` is None while the run is in progress. `alive` is False once its owner must have died."""

    by: str
    began: AwareDatetime
    findings: tuple[Finding, ...] | None = None
    alive: bool = True

    @property
    def stamp(self) -> str:
        """The run's identity."""
        return f"{self.by}@{iso(self.began)}"


class ProbeRunTable(Items):
    """One item of the incident table per `name`: `mark#look:<name>`."""

    def last(self, name: str) -> SharedProbeRun | None:
        item = self._get(f"mark#look:{name}", "mark")
        alive = item is not None and int(item["expires_at"]) > now().timestamp()
        return SharedProbeRun.load(json.loads(item["body"]) | {"alive": alive}) if item else None

    def begin(self, name: str, by: str, seen: SharedProbeRun | None) -> SharedProbeRun | None:
        """Begins a run; None if somebody else began one since `seen` was read."""
        run = SharedProbeRun(by=by, began=now())
        condition = "attribute_not_exists(pk) OR stamp = :seen"
        is_ours = self._store(name, run, CLAIM_LIFE, condition=condition, seen=seen.stamp if seen else "-")
        return run if is_ours else None

    def finish(self, name: str, run: SharedProbeRun, findings: list[Finding]) -> None:
        """Stores the findings. A late write does no harm, because readers check when the run began."""
        self._store(name, run.model_copy(update={"findings": tuple(findings)}), KEPT)

    def _store(self, name: str, run: SharedProbeRun, life: timedelta, *, condition: str = "", **seen: str) -> bool:
        item = body(run) | {"stamp": run.stamp, "expires_at": int((now() + life).timestamp())}
        return self._put(f"mark#look:{name}", "mark", item, condition=condition, **seen)

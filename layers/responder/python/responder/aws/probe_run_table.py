"""The latest probe run of an integration, so that concurrent incidents share one."""

import json
from datetime import timedelta

from pydantic import AwareDatetime

from responder.aws.dynamodb_items import Items, body
from responder.domain.clock import iso, now
from responder.domain.finding import Finding
from responder.domain.model import Model

# Longer than a probe run: if its owner died, the run expires.
CLAIM_LIFE = timedelta(seconds=40)
KEPT = timedelta(minutes=5)


class SharedProbeRun(Model):
    """`findings` is None while it is in progress; `alive` is False once its owner must have died."""

    by: str
    began: AwareDatetime
    findings: tuple[Finding, ...] | None = None
    alive: bool = True

    @property
    def stamp(self) -> str:
        """Identifies the run."""
        return f"{self.by}@{iso(self.began)}"


class ProbeRunTable(Items):
    """One item of the incident table per `name`: `mark#look:<name>`."""

    def last(self, name: str) -> SharedProbeRun | None:
        item = self._get(f"mark#look:{name}", "mark")
        alive = item is not None and int(item["expires_at"]) > now().timestamp()
        return SharedProbeRun.load(json.loads(item["body"]) | {"alive": alive}) if item else None

    def begin(self, name: str, by: str, seen: SharedProbeRun | None) -> SharedProbeRun | None:
        """The new run; None if somebody else began one since `seen` was read."""
        run = SharedProbeRun(by=by, began=now())
        condition = "attribute_not_exists(pk) OR stamp = :seen"
        is_ours = self._store(name, run, CLAIM_LIFE, condition=condition, seen=seen.stamp if seen else "-")
        return run if is_ours else None

    def finish(self, name: str, run: SharedProbeRun, findings: list[Finding]) -> None:
        """A late write is harmless: readers check when the run began."""
        self._store(name, run.model_copy(update={"findings": tuple(findings)}), KEPT)

    def _store(self, name: str, run: SharedProbeRun, life: timedelta, *, condition: str = "", **seen: str) -> bool:
        item = body(run) | {"stamp": run.stamp, "expires_at": int((now() + life).timestamp())}
        return self._put(f"mark#look:{name}", "mark", item, condition=condition, **seen)

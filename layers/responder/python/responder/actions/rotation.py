"""One incident's rotation as the table remembers it: versions made, tests passed, who rotates, what was done."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from responder.actions.key_check import KeyCheck, check_key
from responder.adapters.desk import Desk
from responder.adapters.secrets import api_key
from responder.adapters.versions import CURRENT, PENDING, Stages, Versions
from responder.clock import now
from responder.incident import Settled
from responder.words import Mode, iso

Outcome = dict[str, str | None]
Record = dict[str, Any]

# A rotation takes a minute; what holds the claim longer has died, and the next incident may go on.
CLAIM_LIFE = timedelta(minutes=15)
# A test that is older proves nothing about now: an execution redriven a week later tests again.
TEST_LIFE = timedelta(minutes=15)
MAX_ATTEMPTS = 10


@dataclass(frozen=True)
class Rotation:
    desk: Desk
    versions: Versions

    def version_id(self, attempt: int) -> str:
        """The ClientRequestToken of one attempt: the same in every repeat and generation (AWS: 32 to 64 characters)."""
        name = f"{self.versions.secret_id}|{self.desk.incident.id}|{attempt}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    @property
    def field(self) -> str | None:
        return self.desk.runbook.endpoints.twinmind.key_json_field

    def key_of(self, version_id: str | None) -> str | None:
        """The key in one version; None where the version is gone or holds none."""
        return api_key(self.versions.value(version_id), self.field) if version_id else None

    def check(self, version_id: str) -> KeyCheck:
        return check_key(self.desk.http, self.desk.runbook.endpoints.twinmind, self.key_of(version_id))

    # One record per version that we made; a version without one is somebody else's.

    def record(self, version_id: str) -> Record | None:
        return self.desk.table.mark(self._name(version_id))

    def note(self, version_id: str, state: str, **more: Any) -> None:
        """`state`: staging, then passed and promoted, or failed, unreachable or lost."""
        known = self.record(version_id) or {"incident_id": self.desk.incident.id}
        self.desk.table.set_mark(self._name(version_id), {**known, **more, "state": state, "at": iso(now())})

    def has_passed(self, version_id: str) -> bool:
        """Whether this incident's rotation tested the version just now, and TwinMind took it."""
        record = self.record(version_id)
        return (
            record is not None
            and record["incident_id"] == self.desk.incident.id
            and record["state"] == "passed"
            and now() - datetime.fromisoformat(record["at"]) < TEST_LIFE
        )

    def use(self) -> str:
        """What the budget counts: a rotation that was begun and came to nothing goes on as the same one."""
        records = [self.record(self.version_id(attempt)) for attempt in range(MAX_ATTEMPTS)]
        return f"{self.desk.incident.id}-{sum(1 for record in records if record and record['state'] == 'promoted')}"

    # One rotation at a time for the integration.

    def claim(self) -> bool:
        body = {"incident_id": self.desk.incident.id}
        return self.desk.table.claim(self._name("claim"), body, CLAIM_LIFE) or self.holder() == self.desk.incident.id

    def holder(self) -> str | None:
        mark = self.desk.table.mark(self._name("claim"))
        return str(mark["incident_id"]) if mark else None

    def release(self) -> None:
        if self.holder() == self.desk.incident.id:
            self.desk.table.drop_mark(self._name("claim"))

    # The last rotation that was finished, whichever incident did it.

    def last(self) -> Record | None:
        return self.desk.table.mark(self._name("last"))

    def keep_last(self, version_id: str, old_version_id: str, *, restored: bool) -> None:
        body = {"incident_id": self.desk.incident.id, "version_id": version_id, "old_version_id": old_version_id}
        self.desk.table.set_mark(self._name("last"), body | {"restored": restored, "at": iso(now())})

    def _name(self, of: str) -> str:
        # "twinmind:rotation" itself is the claim, as the design names it.
        return f"{self.desk.runbook.integration}:rotation" + ("" if of == "claim" else f":{of}")

    # AWSPENDING

    def give_up(self, stages: Stages, version_id: str) -> None:
        """The version loses AWSPENDING, and others may rotate."""
        if stages.has(version_id, PENDING):
            self.versions.withdraw(version_id)
        self.release()

    def foreign_pending(self, stages: Stages) -> str | None:
        """A version that waits under AWSPENDING and that we did not make. On the current one it waits for nothing."""
        waiting = [version for version in stages.holders(PENDING) if version != stages.holder(CURRENT)]
        return next((version for version in waiting if self.record(version) is None), None)

    def tidy(self, stages: Stages) -> None:
        """Takes AWSPENDING off what we left behind: this incident's, or another's whose rotation has died."""
        for version in stages.holders(PENDING):
            record = self.record(version)
            if record and (record["incident_id"] == self.desk.incident.id or self.claim()):
                self.versions.withdraw(version)
        self.release()

    # What people see: ids and places in a list, never a key.

    def tell(
        self,
        outcome: str,
        text: str,
        *,
        version_id: str | None = None,
        old_version_id: str | None = None,
        mode: Mode = Mode.AUTO,
    ) -> Outcome:
        """Writes the outcome to timeline and actions, once per version and outcome, and returns it for the machine."""
        record = self.record(version_id) if version_id else None
        key = version_id or f"{self.desk.generation}-{self.desk.incident.evidence_round or 0}"
        plan = str((record or {}).get("plan") or "Rotate the TwinMind API key.")
        ids = {"version_id": version_id, "old_version_id": old_version_id}
        data: dict[str, Any] = {"action": "rotate", "outcome": outcome, **ids}
        self.desk.tell("action_outcome", text, key=f"rotate-{key}-{outcome}", **data)
        settled = Settled(
            name="rotate", mode=mode.value, plan=plan, outcome=outcome, at=now(), data={"text": text, **ids}
        )
        self.desk.table.keep_action(self.desk.incident.id, f"rotate-{key}", settled)
        return {"outcome": outcome, **ids, "text": text}

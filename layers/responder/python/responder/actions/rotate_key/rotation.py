"""One incident's rotation as the table stores it: which versions it made, which passed their test, who rotates now."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from responder.actions.last_rotation import LastRotation, Purpose, record_name
from responder.actions.rotate_key.records import Claim, RotatedVersion, RotationOutcome, StepResult, VersionState
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.aws.secret_versions import CURRENT, PENDING, Stages, Versions
from responder.aws.secrets import api_key
from responder.config.base import Mode
from responder.context import IncidentContext, open_context
from responder.contracts.action import Plan
from responder.domain.clock import now
from responder.domain.leaked_key import LeakedKey
from responder.integrations.twinmind.key_check import KeyCheck, check_key

# A rotation takes about a minute. One that holds the claim longer than this has died, and another may begin.
CLAIM_LIFE = timedelta(minutes=15)
# An older test proves nothing about now: an execution that is redriven a week later tests again.
TEST_LIFE = timedelta(minutes=15)
MAX_ATTEMPTS = 10


@dataclass(frozen=True)
class Rotation:
    """`action`: the action that the gate must allow. A rejected key is rotated, a leaked key is contained.

    From the second step on, `version` is the new version, and `old` is the one that it replaces.
    """

    ctx: IncidentContext
    versions: Versions
    action: Purpose = "rotate"
    version: str = ""
    old: str | None = None

    @cached_property
    def stages(self) -> Stages:
        """The secret's labels when this step first read them."""
        return self.versions.stages()

    def has(self, label: str) -> bool:
        return self.stages.has(self.version, label)

    @property
    def leaks(self) -> LeakedKeyTable:
        return self.ctx.leaks

    @property
    def is_containment(self) -> bool:
        return self.action == "contain"

    def version_id(self, attempt: int) -> str:
        """The ClientRequestToken of an attempt, the same in each repeat and execution (AWS: 32 to 64 characters)."""
        name = f"{self.versions.secret_id}|{self.ctx.incident.id}|{attempt}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    @property
    def field(self) -> str | None:
        return self.ctx.runbook.endpoints.twinmind.key_json_field

    def key_of(self, version_id: str | None) -> str | None:
        """The key in one version; None if the version is gone or holds no key."""
        return api_key(self.versions.value(version_id), self.field) if version_id else None

    def leak_of(self, version_id: str | None) -> LeakedKey | None:
        """The record of the leak of this version's key, in whichever version the key leaked; None if it did not."""
        return self.leaks.find(self.key_of(version_id))

    def check(self, version_id: str) -> KeyCheck:
        return check_key(self.ctx.http, self.ctx.runbook.endpoints.twinmind, self.key_of(version_id))

    def record_of(self, version_id: str) -> RotatedVersion | None:
        return self.ctx.table.get_record(record_name(self.ctx, version_id), RotatedVersion)

    def note(self, version_id: str, state: VersionState, **changes: Any) -> None:
        fresh = RotatedVersion(incident_id=self.ctx.incident.id, action=self.action, state=state, at=now())
        known = self.record_of(version_id) or fresh
        record = known.model_copy(update={**changes, "state": state, "at": fresh.at})
        self.ctx.table.put_record(record_name(self.ctx, version_id), record)

    def has_passed(self, version_id: str) -> bool:
        """Whether this incident's rotation tested the version within TEST_LIFE, and TwinMind accepted its key."""
        record = self.record_of(version_id)
        return (
            record is not None
            and record.incident_id == self.ctx.incident.id
            and record.state == "passed"
            and now() - record.at < TEST_LIFE
        )

    def made(self) -> list[RotatedVersion]:
        """The records of this incident's attempts so far, in order."""
        found: list[RotatedVersion] = []
        while len(found) < MAX_ATTEMPTS and (record := self.record_of(self.version_id(len(found)))):
            found.append(record)
        return found

    def use(self) -> str:
        """The name of this use for the budget. It stays the same until a rotation is promoted."""
        return f"{self.ctx.incident.id}-{sum(record.state == 'promoted' for record in self.made())}"

    # The claim: one rotation at a time in the whole integration.

    def acquire(self) -> bool:
        claim = Claim(incident_id=self.ctx.incident.id)
        return self.ctx.table.acquire(record_name(self.ctx), claim, CLAIM_LIFE) or self.holder() == claim.incident_id

    def holder(self) -> str | None:
        claim = self.ctx.table.get_record(record_name(self.ctx), Claim)
        return claim.incident_id if claim else None

    @property
    def is_held(self) -> bool:
        """Whether another incident has the claim."""
        return self.holder() not in (None, self.ctx.incident.id)

    def release(self) -> None:
        if self.holder() == self.ctx.incident.id:
            self.ctx.table.delete_record(record_name(self.ctx))

    def keep_last(self, *, restored: bool) -> None:
        if self.old is None:
            return
        last = LastRotation(
            incident_id=self.ctx.incident.id,
            version_id=self.version,
            old_version_id=self.old,
            action=self.action,
            restored=restored,
            at=now(),
        )
        self.ctx.table.put_record(record_name(self.ctx, "last"), last)

    # AWSPENDING

    def give_up(self) -> None:
        """Removes AWSPENDING from the version, and lets others rotate."""
        if self.has(PENDING):
            self.versions.withdraw(self.version)
        self.release()

    def foreign_pending(self) -> str | None:
        """A version with AWSPENDING that we did not make and that is not current; None if there is none."""
        current = self.stages.holder(CURRENT)
        waiting = [version for version in self.stages.holders(PENDING) if version != current]
        return next((version for version in waiting if self.record_of(version) is None), None)

    def tidy(self, *, until: datetime | None = None) -> list[str]:
        """Removes AWSPENDING from versions that this incident left, or another one whose rotation has died.

        `until`: only from versions written before this time, because a later execution may work on the rest. Returns
        the ids of the versions.
        """
        tidied: list[str] = []
        for version in self.stages.holders(PENDING):
            record = self.record_of(version)
            if record is None or (until and record.at > until):
                continue
            if (record.incident_id == self.ctx.incident.id or self.acquire()) and self.versions.withdraw(version):
                tidied.append(version)
        if not until or tidied:
            self.release()
        return tidied

    # What people see: ids, and a key's place in the list. Never a key.

    def record(
        self, outcome: RotationOutcome, text: str, *, plan: Plan | None = None, mode: Mode | None = None
    ) -> StepResult:
        """Writes the outcome to timeline and actions, and returns it for the machine. A repeat writes nothing twice.

        `mode`: the mode that permitted the step, by default the one in the version's record.
        """
        record = self.record_of(self.version) if self.version else None
        plan = plan or (record.plan if record else None)
        sentence = plan.sentence if plan else "Rotate the TwinMind API key."
        key = f"{self.action}-{self.version or f'{self.ctx.execution_number}-{len(self.made())}'}"
        ids = {"version_id": self.version or None, "old_version_id": self.old}
        data: dict[str, Any] = {"action": self.action, "outcome": outcome, **ids}
        self.ctx.record("action_outcome", text, key=f"{key}-{outcome}", **data)
        more: dict[str, Any] = {"text": text, **ids} | ({"plan_hash": plan.hash} if plan else {})
        more |= {"place": record.place, "staged": record.staged} if record and record.staged else {}
        under = mode or (record.mode if record else Mode.AUTO)
        self.ctx.keep_action(key, self.action, under, sentence, outcome, more)
        return StepResult(outcome=outcome, **ids, text=text)


def open_rotation(event: Mapping[str, Any]) -> Rotation:
    """For `{"incident_id", "purpose"?}`. An unknown purpose raises ValueError, an unknown incident LookupError."""
    purpose = event.get("purpose") or "rotate"
    if purpose not in ("rotate", "contain"):
        raise ValueError(f"purpose {purpose!r} is not one of ours: rotate, contain")
    ctx = open_context(event)
    versions = Versions(ctx.settings.twinmind_api_key_secret)
    return Rotation(ctx, versions, "contain" if purpose == "contain" else "rotate")

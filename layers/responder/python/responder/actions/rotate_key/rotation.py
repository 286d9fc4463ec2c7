"""One incident's rotation as the table remembers it: versions made, tests passed, who rotates, what was done."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from responder.actions.last_rotation import LastRotation, Purpose, record_name
from responder.actions.rotate_key.records import (
    Claim,
    RotatedVersion,
    RotationOutcome,
    StepResult,
    VersionState,
)
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.aws.secret_versions import CURRENT, PENDING, Stages, Versions
from responder.aws.secrets import api_key
from responder.context import IncidentContext, open_context
from responder.contracts.action import Plan
from responder.domain.clock import now
from responder.domain.leaked_key import LeakedKey
from responder.domain.mode import Mode
from responder.integrations.twinmind.key_check import KeyCheck, check_key

# A rotation takes a minute; what holds the claim longer has died, and the next incident may go on.
CLAIM_LIFE = timedelta(minutes=15)
# A test that is older proves nothing about now: an execution redriven a week later tests again.
TEST_LIFE = timedelta(minutes=15)
MAX_ATTEMPTS = 10


@dataclass(frozen=True)
class Rotation:
    """`action` is what the gate is asked for: a rejected key is rotated, a leaked one contained.

    Steps after the first have a `version`, which replaces the `old` one.
    """

    ctx: IncidentContext
    versions: Versions
    action: Purpose = "rotate"
    version: str = ""
    old: str | None = None

    @cached_property
    def stages(self) -> Stages:
        """The labels as this step read them first."""
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
        """The ClientRequestToken of one attempt: the same in every repeat and generation (AWS: 32 to 64 characters)."""
        name = f"{self.versions.secret_id}|{self.ctx.incident.id}|{attempt}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    @property
    def field(self) -> str | None:
        return self.ctx.runbook.endpoints.twinmind.key_json_field

    def key_of(self, version_id: str | None) -> str | None:
        """The key in one version; None where the version is gone or holds none."""
        return api_key(self.versions.value(version_id), self.field) if version_id else None

    def leak_of(self, version_id: str | None) -> LeakedKey | None:
        """What is known of the version's key, whichever version it was found in."""
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
        """Whether this incident's rotation tested the version just now, and TwinMind took it."""
        record = self.record_of(version_id)
        return (
            record is not None
            and record.incident_id == self.ctx.incident.id
            and record.state is VersionState.PASSED
            and now() - record.at < TEST_LIFE
        )

    def made(self) -> list[RotatedVersion]:
        """The records of this incident's attempts so far; there are no gaps."""
        found: list[RotatedVersion] = []
        while len(found) < MAX_ATTEMPTS and (record := self.record_of(self.version_id(len(found)))):
            found.append(record)
        return found

    def use(self) -> str:
        """What the budget counts: a rotation that was begun and came to nothing goes on as the same one."""
        return f"{self.ctx.incident.id}-{sum(record.state is VersionState.PROMOTED for record in self.made())}"

    # One rotation at a time for the integration.

    def acquire(self) -> bool:
        claim = Claim(incident_id=self.ctx.incident.id)
        return self.ctx.table.acquire(record_name(self.ctx), claim, CLAIM_LIFE) or self.holder() == claim.incident_id

    def holder(self) -> str | None:
        claim = self.ctx.table.get_record(record_name(self.ctx), Claim)
        return claim.incident_id if claim else None

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
        """The version loses AWSPENDING, and others may rotate."""
        if self.has(PENDING):
            self.versions.withdraw(self.version)
        self.release()

    def foreign_pending(self) -> str | None:
        """A version that waits under AWSPENDING and that we did not make. On the current one it waits for nothing."""
        current = self.stages.holder(CURRENT)
        waiting = [version for version in self.stages.holders(PENDING) if version != current]
        return next((version for version in waiting if self.record_of(version) is None), None)

    def tidy(self, *, until: datetime | None = None) -> list[str]:
        """Takes AWSPENDING off what we left behind: this incident's, or another's whose rotation has died.

        `until`: only what was written before; a later execution may be at work on the rest. → versions.
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

    # What people see: ids and places in a list, never a key.

    def record(
        self,
        outcome: RotationOutcome,
        text: str,
        *,
        plan: Plan | None = None,
        mode: Mode | None = None,
    ) -> StepResult:
        """Writes the outcome to timeline and actions, and returns it for the machine.

        `mode`: the one under which it was permitted; without it, the one that the version's record has.
        Once per version and outcome; without a version once as long as nothing was tried in between.
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
    """Of `{"incident_id", "purpose"?}`; raises ValueError for another purpose, LookupError for an unknown incident."""
    purpose = event.get("purpose") or "rotate"
    if purpose not in ("rotate", "contain"):
        raise ValueError(f"purpose {purpose!r} is not one of ours: rotate, contain")
    ctx = open_context(event)
    versions = Versions(ctx.settings.twinmind_api_key_secret)
    return Rotation(ctx, versions, "contain" if purpose == "contain" else "rotate")

"""What a rotation keeps in the table, and what one of its steps came to."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from responder.context import IncidentContext
from responder.contracts.action import Plan
from responder.domain.mode import Mode
from responder.domain.model import Model

Purpose = Literal["rotate", "contain"]


class Outcome(StrEnum):
    STAGED = "staged"
    OBSERVED = "observed"
    NEEDS_APPROVAL = "needs_approval"
    DECLINED = "declined"
    EXPIRED = "expired"
    NOT_ALLOWED = "not_allowed"
    NO_STANDBY_KEY = "no_standby_key"
    BUSY = "busy"
    PENDING_ELSEWHERE = "pending_elsewhere"
    ALREADY_DONE = "already_done"
    SET = "set"
    LOST = "lost"
    PASSED = "passed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    PROMOTED = "promoted"
    NOT_TESTED = "not_tested"
    RESTORED = "restored"
    KEPT = "kept"


class StepResult(Model):
    """What the machine goes on with; `text` is for people."""

    outcome: Outcome
    version_id: str | None = None
    old_version_id: str | None = None
    text: str


class VersionState(StrEnum):
    STAGING = "staging"
    PASSED = "passed"
    PROMOTED = "promoted"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    LOST = "lost"


class RotatedVersion(Model):
    """One version that we made; a version without such a record is somebody else's. `at`: of its last change.

    `place`: of its key in the list of `staged` ones, from 1.
    """

    incident_id: str
    action: Purpose
    state: VersionState
    at: AwareDatetime
    old_version_id: str | None = None
    plan: Plan | None = None
    mode: Mode = Mode.AUTO
    place: int = 0
    staged: int = 0

    @property
    def key_name(self) -> str:
        return f"standby key {self.place} of {self.staged}"


class Claim(Model):
    """Who rotates now."""

    incident_id: str


class LastRotation(Model):
    """The last rotation that was finished, whichever incident did it."""

    incident_id: str
    version_id: str
    old_version_id: str
    action: Purpose
    restored: bool
    at: AwareDatetime


def record_name(ctx: IncidentContext, of: str = "") -> str:
    """Without `of` it is the claim."""
    return f"{ctx.runbook.integration}:rotation" + (f":{of}" if of else "")


def last_rotation(ctx: IncidentContext) -> LastRotation | None:
    return ctx.table.get_record(record_name(ctx, "last"), LastRotation)

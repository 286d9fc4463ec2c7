"""The records that a rotation stores in the table, and the result of one of its steps."""

from typing import Literal

from pydantic import AwareDatetime

from responder.actions.gate import PermissionOutcome
from responder.actions.last_rotation import Purpose
from responder.config.base import Mode
from responder.contracts.action import Plan
from responder.domain.model import Model
from responder.integrations.twinmind.key_check import KeyVerdict

# What createSecret can say beside the gate, and what the other steps can say beside a test of the key.
_Created = Literal["staged", "no_standby_key", "busy", "pending_elsewhere", "already_done"]
_Changed = Literal["set", "lost", "promoted", "not_tested", "restored", "kept"]
RotationOutcome = PermissionOutcome | KeyVerdict | _Created | _Changed
VersionState = Literal["staging", "passed", "promoted", "failed", "unreachable", "lost"]


class StepResult(Model):
    """What a step returns to the machine. `text` is for people."""

    outcome: RotationOutcome
    version_id: str | None = None
    old_version_id: str | None = None
    text: str


class RotatedVersion(Model):
    """A version of the secret that we made. A version without this record is somebody else's.

    `at`: when the record last changed. The key was number `place`, from 1, in the list of `staged` keys.
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


class Claim(Model):
    """The incident that rotates now. No other may rotate while this record lives."""

    incident_id: str

"""The integration's last finished rotation. A restart after it brings its key into the service."""

from typing import Literal

from pydantic import AwareDatetime

from responder.context import IncidentContext
from responder.domain.model import Model

Purpose = Literal["rotate", "contain"]


class LastRotation(Model):
    """The last finished rotation, of any incident. `restored`: the old version was put back after it."""

    incident_id: str
    version_id: str
    old_version_id: str
    action: Purpose
    restored: bool
    at: AwareDatetime


def record_name(ctx: IncidentContext, of: str = "") -> str:
    """The name of a record in the table: `of` is a version's id, `last` (the last rotation) or "" (the claim)."""
    return f"{ctx.runbook.integration}:rotation" + (f":{of}" if of else "")


def last_rotation(ctx: IncidentContext) -> LastRotation | None:
    return ctx.table.get_record(record_name(ctx, "last"), LastRotation)

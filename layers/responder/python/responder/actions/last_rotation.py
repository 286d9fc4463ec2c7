"""The rotation that was finished last: what a restart after it is for."""

from typing import Literal

from pydantic import AwareDatetime

from responder.context import IncidentContext
from responder.domain.model import Model

Purpose = Literal["rotate", "contain"]


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

"""How often an action may be done by itself."""

from pydantic import Field

from responder.config.base import Section


class Budget(Section):
    """One record is kept for each unit, so there cannot be many."""

    per_incident: int = Field(gt=0, le=100)
    per_day: int = Field(gt=0, le=100)
    cooldown_minutes: int = Field(ge=0, le=525_600)

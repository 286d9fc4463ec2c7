"""How often an action may run automatically."""

from pydantic import Field

from responder.config.base import ConfigSection


class Budget(ConfigSection):
    """Each unit needs one record, so the number is limited."""

    per_incident: int = Field(gt=0, le=100)
    per_day: int = Field(gt=0, le=100)
    cooldown_minutes: int = Field(ge=0, le=525_600)

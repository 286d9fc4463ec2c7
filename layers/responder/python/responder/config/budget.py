"""How often an action may run automatically."""

from pydantic import Field

from responder.config.base import ConfigSection


class Budget(ConfigSection):
    """Each unit of a budget is a record in the table, so the numbers have an upper limit."""

    per_incident: int = Field(gt=0, le=100)
    per_day: int = Field(gt=0, le=100)
    cooldown_minutes: int = Field(ge=0, le=525_600)

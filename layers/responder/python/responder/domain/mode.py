"""How far an action may go."""

from enum import StrEnum


class Mode(StrEnum):
    """How far an action may go without a person."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"

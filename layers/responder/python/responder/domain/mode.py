"""How far an action may go."""

from enum import StrEnum


class Mode(StrEnum):
    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"

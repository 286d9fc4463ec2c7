"""The mode of an action: only say what it would do, ask people first, or act."""

from enum import StrEnum


class Mode(StrEnum):
    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"

"""The base of every value that travels between functions, the table and people. Pure, no I/O."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Base of all values: immutable, and strict about names so that a typing slip is an error."""

    # What is wrong is said without the value: errors reach logs and the execution's history.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    def dump(self) -> dict[str, Any]:
        """JSON-safe form without absent fields, as it is stored and passed between states."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def load(cls, stored: Any) -> Self:
        return cls.model_validate(stored)

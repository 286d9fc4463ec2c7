"""The base of all values that functions exchange or store. Pure."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """Immutable; an unknown field is an error, so a typing mistake is found."""

    # Built when first used: building all of them is a tenth of a second of every cold start.
    # Errors leave out the value: they reach logs and the execution history.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    def dump(self) -> dict[str, Any]:
        """JSON-safe, without absent fields."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def load(cls, stored: Any) -> Self:
        return cls.model_validate(stored)

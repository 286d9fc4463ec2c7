"""The base of all values that functions exchange or store. Pure."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Model(BaseModel):
    """A value that cannot be changed. An unknown field is an error, so that a misspelt name is found."""

    # A model is built when it is first used: to build all of them would take a tenth of a second of every cold start.
    # Errors do not show the value, because they reach logs and the execution history.
    model_config = ConfigDict(defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True)

    def dump(self) -> dict[str, Any]:
        """The value in types that JSON has, without fields that are None."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def load(cls, stored: Any) -> Self:
        return cls.model_validate(stored)

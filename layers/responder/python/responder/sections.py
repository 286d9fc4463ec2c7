"""What every section of runbook.yaml has in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, HttpUrl, TypeAdapter
from pydantic.functional_validators import AfterValidator


def _plain_url(value: str) -> str:
    TypeAdapter(HttpUrl).validate_python(value)
    return value.rstrip("/")


Url = Annotated[str, AfterValidator(_plain_url)]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

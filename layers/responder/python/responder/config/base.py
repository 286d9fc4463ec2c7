"""The base of all sections of runbook.yaml, and the types of their fields."""

import re
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.functional_validators import AfterValidator
from pydantic_core import SchemaValidator, core_schema

# The check of pydantic's HttpUrl. HttpUrl itself imports much more, and builds the check anew for each address.
_HTTP_URL = SchemaValidator(core_schema.url_schema(max_length=2083, allowed_schemes=["http", "https"]))


def _plain_url(value: str) -> str:
    url = _HTTP_URL.validate_python(value)
    if url.username or url.password:
        raise ValueError("must hold no user and no password: people read it in findings and messages")
    if any(char in '"<>\\^`{|}' or not "!" <= char <= "~" for char in value):
        raise ValueError("must hold no blank, no sign that a URL writes as %.., and no other alphabet")
    return value.rstrip("/")


def looks_like(pattern: str, what: str) -> AfterValidator:
    """As a field's `pattern`, but the error says `what` is wanted instead of showing the expression."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"must be {what}")
        return value

    return AfterValidator(check)


def api_of(domain: str) -> AfterValidator:
    """Allows the vendor's API, or any other host such as a proxy. Refuses the vendor's web site, and a path that ends
    with a version, because each call adds that.
    """
    site = rf"https?://(?!api\.(eu\.)?{re.escape(domain)})[^/]*\b{re.escape(domain)}"
    return looks_like(rf"(?!{site}|.*/v\d+$).*", f"the address of the API itself, such as https://api.{domain}")


Url = Annotated[str, AfterValidator(_plain_url)]
# A path must begin with a slash. Otherwise it would lengthen the host's name, and the key would go to another host.
Path = Annotated[str, Field(pattern=r"^/[!-~]*$")]
HeaderName = Annotated[str, Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")]  # RFC 9110, "token"
Email = Annotated[str, looks_like(r"[^@\s]+@[^@\s]+\.[^@\s]+", "an e-mail address")]
# At most a year: a longer time is a mistake, and a date could overflow.
Minutes = Annotated[int, Field(gt=0, le=525_600)]
Seconds = Annotated[int, Field(gt=0, le=31_536_000)]


class ConfigSection(BaseModel):
    # No infinity: JSON does not have it, so a pinned runbook could not be read again.
    model_config = ConfigDict(
        defer_build=True, frozen=True, extra="forbid", hide_input_in_errors=True, allow_inf_nan=False
    )


class Mode(StrEnum):
    """The mode of an action: only say what it would do, ask people first, or act."""

    OBSERVE = "observe"
    APPROVE = "approve"
    AUTO = "auto"


class Budget(ConfigSection):
    """How often an action may run automatically. Each unit is a record in the table, so the numbers have a limit."""

    per_incident: int = Field(gt=0, le=100)
    per_day: int = Field(gt=0, le=100)
    cooldown_minutes: int = Field(ge=0, le=525_600)

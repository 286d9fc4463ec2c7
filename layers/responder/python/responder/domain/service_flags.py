"""The flags that our service polls: one JSON document in one parameter (docs/service-flags.md). Pure.

This project chose the names, for the runbook's steps S-58, S-59, S-61, S-62 and S-72 to S-74.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from responder.domain.clock import iso
from responder.domain.platform_refused import PlatformRefused

SCHEMA_ID = "service-flags.schema.json"
# The limit for a value in SSM's standard tier (PutParameter).
LARGEST_BYTES = 4096


class ServiceFlagsError(PlatformRefused):
    """The text is no valid document of flags, or a change would make it invalid. The message is a clause for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why, passes=False)


class ServiceFlags(BaseModel):
    """How the service must work now. An absent or null flag is off. Unknown fields are kept."""

    # Its JSON Schema is published as docs/service-flags.schema.json.
    model_config = ConfigDict(
        extra="allow",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        title="Service flags of the TwinMind integration",
        json_schema_extra={"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID},
    )

    request_queue: bool | None = Field(
        default=None, description="true: requests wait in the client's queue instead of going over the limit."
    )
    reject_non_critical: bool | None = Field(
        default=None, description="true: requests that the service itself calls non-critical are refused at its door."
    )
    client_rate_limit_per_minute: int | None = Field(
        default=None,
        ge=0,
        description="At most so many requests to TwinMind a minute, of the whole service: divide it by its processes.",
    )
    model: str | None = Field(
        default=None, min_length=1, max_length=64, description="TwinMind's model for new transcriptions, such as ear-2."
    )
    version: int = Field(
        default=0,
        ge=0,
        description="Grows with every change; report the one in force as twinmind_service_flags_version.",
    )
    set_by: str | None = Field(default=None, max_length=200, description="Who changed it last.")
    set_at: str | None = Field(default=None, max_length=40, description="When, ISO 8601 in UTC.")
    reason: str | None = Field(default=None, max_length=500, description="Why, for people.")


NAMES = ("request_queue", "reject_non_critical", "client_rate_limit_per_minute", "model")


def read(text: str) -> ServiceFlags:
    """The whole document, also with fields that are not ours. Raises ServiceFlagsError if it is not valid."""
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise ServiceFlagsError("the service flags are no valid JSON") from error
    if not isinstance(document, dict):
        raise ServiceFlagsError("the service flags are no JSON object")
    try:
        return ServiceFlags.model_validate(document)
    except ValidationError as error:
        places = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ServiceFlagsError(f"the service flags do not follow {SCHEMA_ID} ({places})") from error


def rewrite(flags: ServiceFlags, values: Mapping[str, Any], *, version: int, by: str, at: datetime, reason: str) -> str:
    """The document's new text. It sets `values` (None removes a flag) and keeps all other fields.

    Raises ServiceFlagsError if the text would be too long or not valid.
    """
    stored = flags.model_dump(exclude_unset=True, exclude=set(values))
    stamp = {"version": version, "set_by": by[:200], "set_at": iso(at), "reason": reason[:500]}
    changed = stored | {name: value for name, value in values.items() if value is not None} | stamp
    text = json.dumps(changed, ensure_ascii=False)
    size = len(text.encode())
    if size > LARGEST_BYTES:
        raise ServiceFlagsError(
            f"the service flags would take {size} bytes with it, and {LARGEST_BYTES} fit: shorten your own fields"
        )
    read(text)
    return text

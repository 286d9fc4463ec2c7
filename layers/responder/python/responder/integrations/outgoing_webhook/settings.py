"""The section of the outgoing webhook in runbook.yaml: `vendors.outgoing_webhook`."""

from typing import Annotated

from pydantic import Field

from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`url`: your program's exact URL."""

    title = "Outgoing webhook"

    url: Annotated[str, Field(pattern=r"^https?://[^\s@]+$")] | None = None

"""Statuspage's section of runbook.yaml: `vendors.statuspage`."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from responder.config.base import Mode, Url, looks_like
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`page_id`: our page, or null. `component_ids`: the components that depend on TwinMind.

    `hold_off_seconds`: how long after the alert a notice waits while a repair of our own is under way.
    """

    title = "Statuspage"
    # Requires a finding of user impact too.
    modes: ClassVar[Mapping[str, Mode]] = {"public_notice": Mode.AUTO}

    api_url: Url = "https://api.statuspage.io/v1"
    page_id: Annotated[str, looks_like(r"\w+", "the page's id, not its address or name")] | None = None
    component_ids: tuple[Annotated[str, looks_like(r"[\w-]+", "a component's id, such as cmp123")], ...] = ()
    # Less than five minutes, PagerDuty's own limit for its first public update.
    hold_off_seconds: int = Field(default=120, ge=0, le=300)

    @model_validator(mode="after")
    def _has_components(self) -> "Settings":
        if self.page_id and not self.component_ids:
            raise ValueError("page_id needs component_ids: a notice names what is affected")
        return self

"""Statuspage's section of runbook.yaml: `vendors.statuspage`."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import model_validator

from responder.config.base import Url
from responder.config.integrations import VendorSettings
from responder.domain.mode import Mode


class Settings(VendorSettings):
    """`page_id`: our page, or null. `component_ids`: the components that depend on TwinMind."""

    title = "Statuspage"
    # Requires a finding of user impact too.
    modes: ClassVar[Mapping[str, Mode]] = {"public_notice": Mode.AUTO}

    api_url: Url = "https://api.statuspage.io/v1"
    page_id: str | None = None
    component_ids: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_components(self) -> "Settings":
        if self.page_id and not self.component_ids:
            raise ValueError("page_id needs component_ids: a notice names what is affected")
        return self

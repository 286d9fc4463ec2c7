"""Statuspage's section of runbook.yaml: `vendors.statuspage`."""

from collections.abc import Mapping
from typing import ClassVar

from responder.config.base import Url
from responder.config.integrations import VendorSettings
from responder.domain.mode import Mode


class Settings(VendorSettings):
    """`page_id`: our page; null where there is none. `component_ids`: what of it depends on TwinMind."""

    title = "Statuspage"
    # And only with a finding of user impact.
    modes: ClassVar[Mapping[str, Mode]] = {"public_notice": Mode.AUTO}

    api_url: Url = "https://api.statuspage.io/v1"
    page_id: str | None = None
    component_ids: tuple[str, ...] = ()

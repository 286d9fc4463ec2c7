"""Statuspage's section of runbook.yaml: `vendors.statuspage`."""

from typing import ClassVar

from responder.config.base import Url
from responder.config.integrations import VendorSettings


class Settings(VendorSettings):
    """`page_id`: our page; null where there is none. `component_ids`: what of it depends on TwinMind."""

    title: ClassVar[str] = "Statuspage"

    api_url: Url = "https://api.statuspage.io/v1"
    page_id: str | None = None
    component_ids: tuple[str, ...] = ()

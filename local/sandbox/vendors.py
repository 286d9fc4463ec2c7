"""The world document, the vendors that act on it, and the journal of their calls."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from flask import Request

from local.sandbox.bad_addresses import Lines
from local.sandbox.journal import Journal
from local.sandbox.kubernetes import Kubernetes
from local.sandbox.kubernetes_objects import encoded
from local.sandbox.opsgenie import Jsm, Opsgenie
from local.sandbox.pagerduty import PagerDuty
from local.sandbox.service import LoadKey, OurService
from local.sandbox.service_flags import ReadServiceFlags
from local.sandbox.shapes import Json
from local.sandbox.slack import Slack
from local.sandbox.statuspage import Statuspage
from local.sandbox.teams import Teams
from local.sandbox.tickets import Tickets
from local.sandbox.twinmind import TwinMind
from local.sandbox.twinmind_status import TwinMindStatus
from local.sandbox.vendor import Vendor
from local.sandbox.webhook_receiver import WebhookReceiver
from local.sandbox.world import World


class Outside:
    """Without `load_key` our service starts with the key that the world labels `primary`."""

    def __init__(
        self, world: World, load_key: LoadKey | None = None, read_service_flags: ReadServiceFlags | None = None
    ) -> None:
        self.world = world
        self.journal = Journal(self._known_credentials)
        self._twinmind = TwinMind(world)
        self._service = OurService(self._twinmind, load_key or self._primary_key, read_service_flags)
        self._kubernetes = Kubernetes(self._service, load_key or self._primary_key)
        pagers: tuple[type[Vendor], ...] = (PagerDuty, Opsgenie, Jsm)
        channels: tuple[type[Vendor], ...] = (Statuspage, Slack, Tickets, Teams, WebhookReceiver)
        simple: tuple[type[Vendor], ...] = (TwinMindStatus, *pagers, *channels)
        self.vendors: list[Vendor] = [self._twinmind, self._service, *(vendor(world) for vendor in simple)]
        self.vendors.append(self._kubernetes)
        self.slack = next(vendor for vendor in self.vendors if isinstance(vendor, Slack))
        self._service.start()

    def vendor_of(self, path: str) -> Vendor | None:
        first = path.split("/")[1]
        return next((vendor for vendor in self.vendors if vendor.prefix.split("/")[1] == first), None)

    def advance(self) -> None:
        """Does everything that is due by now: our service works, accepted alert writes take effect."""
        for vendor in self.vendors:
            vendor.advance()

    def reset(self) -> None:
        self.world.reset()
        self.journal.clear()
        for vendor in self.vendors:
            vendor.reset()

    @cached_property
    def lines(self) -> Lines:
        """Made at the first use."""
        return Lines()

    def stop(self) -> None:
        self._service.stop()
        if "lines" in vars(self):
            self.lines.close()

    def note(self, vendor: Vendor, request: Request) -> Json:
        """The journal entry of a call that has just arrived; TwinMind's also says which known key it came with."""
        entry = {
            "at": self.world.iso(),
            "vendor": vendor.name,
            "method": request.method,
            "path": request.path,
            "query": request.args.to_dict(),
            "body": vendor.kept(_body(request), self.journal.mark),
        }
        credential = vendor.credential() or request.headers.get("Authorization") or request.args.get("api_key")
        if vendor is self._twinmind:
            entry["key"] = self._twinmind.key_label(credential)
        return self.journal.begin(entry, credential)

    def _primary_key(self) -> str | None:
        key: str | None = self._twinmind.state["keys"].get("primary", {}).get("key")
        return key

    def _known_credentials(self) -> Iterable[str]:
        keys = (known.get("key") for known in self._twinmind.state["keys"].values())
        others = (*self.world["credentials"].values(), self.world["slack"]["signing_secret"], self._service.key)
        known = [value for value in (*keys, *others) if value]
        return [*known, *(encoded(value) for value in known)]


def _body(request: Request) -> Any:
    """Parsed JSON, form fields or text; None for an empty body."""
    raw = request.get_data()
    if not raw:
        return None
    parsed = request.get_json(silent=True, force=True)
    return parsed if parsed is not None else request.form.to_dict() or raw.decode(errors="replace")

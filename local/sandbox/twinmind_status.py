"""TwinMind's public status page in the shape of a Statuspage (docs/vendor-apis.md#statuspage-feed)."""

import hashlib
from collections.abc import Iterable

from flask import Response

from local.sandbox.shapes import Json
from local.sandbox.vendor import Route, Vendor, View, answer

PAGE_ID = "twinmindpage0"
DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Minor Service Outage",
    "major": "Partial System Outage",
    "critical": "Major Service Outage",
    "maintenance": "Service Under Maintenance",
}
UPCOMING, ACTIVE, PAST = ("scheduled",), ("in_progress", "verifying"), ("completed",)


class TwinMindStatus(Vendor):
    name = "twinmind_status"
    prefix = "/twinmind-status/api/v2"

    def routes(self) -> Iterable[Route]:
        yield "GET", "/status.json", lambda: self._page({"status": self._status()})
        yield "GET", "/summary.json", self._summary
        yield "GET", "/components.json", lambda: self._page({"components": self._components()})
        yield "GET", "/incidents.json", lambda: self._page({"incidents": self._incidents()[:50]})
        yield "GET", "/incidents/unresolved.json", lambda: self._page({"incidents": self._unresolved()})
        yield "GET", "/scheduled-maintenances.json", self._maintenance_view(UPCOMING + ACTIVE + PAST)
        yield "GET", "/scheduled-maintenances/upcoming.json", self._maintenance_view(UPCOMING)
        yield "GET", "/scheduled-maintenances/active.json", self._maintenance_view(ACTIVE)

    def refusal(self) -> Response | None:
        """It may be plain HTML: nobody has confirmed that the real page is a Statuspage."""
        return Response("<html><h1>Status</h1></html>") if self.state["format"] == "html" else None

    def _page(self, content: Json) -> Response:
        page = {
            "id": PAGE_ID,
            "name": "TwinMind",
            "url": "https://status.twinmind.com",
            "time_zone": "Etc/UTC",
            "updated_at": self.world.iso(),
        }
        return answer({"page": page} | content)

    def _status(self) -> Json:
        indicator = self.state["indicator"]
        return {
            "indicator": indicator,
            "description": self.state["description"] or DESCRIPTIONS.get(indicator, "Partially Degraded Service"),
        }

    def _summary(self) -> Response:
        """Unresolved incidents; maintenances that are upcoming or in progress."""
        return self._page(
            {
                "status": self._status(),
                "components": self._components(),
                "incidents": self._unresolved(),
                "scheduled_maintenances": self._maintenances(UPCOMING + ACTIVE),
            }
        )

    def _components(self) -> list[Json]:
        defaults = {
            "status": "operational",
            "created_at": self.world.iso(0),
            "updated_at": self.world.iso(),
            "description": None,
            "showcase": True,
            "start_date": None,
            "group_id": None,
            "page_id": PAGE_ID,
            "group": False,
            "only_show_if_degraded": False,
        }
        return [
            defaults | {"id": _id(f"component {given.get('name')}"), "position": place} | given
            for place, given in enumerate(self.state["components"], 1)
        ]

    def _incidents(self) -> list[Json]:
        return [self._incident(given) for given in self.state["incidents"]]

    def _unresolved(self) -> list[Json]:
        return [incident for incident in self._incidents() if incident["status"] not in ("resolved", "postmortem")]

    def _maintenances(self, statuses: tuple[str, ...]) -> list[Json]:
        found = [self._incident({"status": "scheduled", "impact": "maintenance"} | given) for given in self._planned()]
        return [one for one in found if one["status"] in statuses]

    def _planned(self) -> list[Json]:
        planned: list[Json] = self.state["scheduled_maintenances"]
        return planned

    def _maintenance_view(self, statuses: tuple[str, ...]) -> View:
        return lambda: self._page({"scheduled_maintenances": self._maintenances(statuses)})

    def _incident(self, given: Json) -> Json:
        """The incident object of docs/vendor-apis.md#statuspage-feed, with defaults for what the world leaves out."""
        identity = _id(f"incident {given.get('name')}")
        status = given.get("status", "investigating")
        now = self.world.iso()
        update = {"id": f"{identity}u", "status": status, "body": "We are looking into it.<br />", "display_at": now}
        defaults = {
            "id": identity,
            "name": "Elevated error rates",
            "status": status,
            "impact": "minor",
            "shortlink": f"https://stspg.io/{identity}",
            "created_at": now,
            "updated_at": now,
            "started_at": now,
            "monitoring_at": None,
            "resolved_at": now if status == "resolved" else None,
            "page_id": PAGE_ID,
            "incident_updates": [update | {"affected_components": None, "deliver_notifications": True}],
            "components": [],
            "reminder_intervals": None,
        }
        return defaults | given


def _id(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]

"""What Statuspage refuses with 422, and how it names the impact (docs/vendor-apis.md#statuspage-incidents)."""

from collections.abc import Iterable
from typing import Any

from local.sandbox.shapes import Json

REALTIME = ("investigating", "identified", "monitoring", "resolved")
SCHEDULED = ("scheduled", "in_progress", "verifying", "completed")
IMPACTS = ("none", "maintenance", "minor", "major", "critical")
COMPONENT = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance", "")
NAME_LIMIT, BODY_LIMIT = 255, 25_000
IMPACT_BY_STATUS = {"major_outage": "critical", "partial_outage": "major", "degraded_performance": "minor"}


def broken_rule(given: Any, components: Json, creates: bool) -> str | None:
    """Why these incident fields would be refused, or None."""
    if not isinstance(given, dict):
        return "incident is missing"
    name = given.get("name", "" if creates else "kept")
    if not isinstance(name, str) or not name or len(name) > NAME_LIMIT:
        return "Name can't be blank and has at most 255 characters"
    if given.get("status", "investigating") not in REALTIME + SCHEDULED:
        return "Status is not included in the list"
    if given.get("impact_override") not in (None, *IMPACTS):
        return "Impact override is not included in the list"
    if len(str(given.get("body") or "")) > BODY_LIMIT:
        return "Body is too long (maximum is 25000 characters)"
    return _metadata_rule(given.get("metadata", {})) or _components_rule(given, components)


def _metadata_rule(metadata: Any) -> str | None:
    if isinstance(metadata, dict) and all(isinstance(value, dict) for value in metadata.values()):
        return None
    return "Metadata must be an object whose top-level values are objects"


def _components_rule(given: Json, components: Json) -> str | None:
    statuses = given.get("components") or {}
    named = [*statuses, *(given.get("component_ids") or [])]
    unknown = sorted(set(named) - set(components))
    if unknown:
        return f"Component ids do not exist: {', '.join(unknown)}"
    bad = isinstance(statuses, dict) and any(status not in COMPONENT for status in statuses.values())
    if bad:
        return "Component status is not included in the list"
    return "Components cannot be given for a backfilled incident" if statuses and given.get("backfilled") else None


def impact_of(statuses: Iterable[str]) -> str:
    """The worst component decides."""
    found = {IMPACT_BY_STATUS.get(status, "none") for status in statuses}
    return next((impact for impact in reversed(IMPACTS) if impact in found), "none")


def fresh_incident(name: str, page: str, now: str) -> Json:
    return {
        "id": name,
        "status": "investigating",
        "impact": "none",
        "impact_override": None,
        "metadata": {},
        "component_ids": [],
        "created_at": now,
        "started_at": now,
        "updated_at": now,
        "monitoring_at": None,
        "resolved_at": None,
        "page_id": page,
        "incident_updates": [],
        "reminder_intervals": None,
        "shortlink": f"https://stspg.io/{name}",
    }

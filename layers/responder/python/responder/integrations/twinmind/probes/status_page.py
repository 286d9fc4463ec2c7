"""TwinMind's status page (S-14, S-26; docs/vendor-apis.md#statuspage-feed, #statuspage-oddities)"""

import re
from datetime import datetime
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import Json, inner, listed
from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext, exchange
from responder.domain.clock import from_iso
from responder.domain.finding import Finding, FindingStatus
from responder.domain.redact import redact_short
from responder.domain.update import is_link

# Worst last. Indicator and components of real pages can differ, so the worst counts.
LEVELS = ("none", "maintenance", "minor", "major", "critical")
COMPONENTS = {
    "operational": "none",
    "": "none",
    "under_maintenance": "maintenance",
    "degraded_performance": "minor",
    "partial_outage": "major",
    "major_outage": "critical",
}
STALE_HOURS = 6
SOON_MINUTES = 24 * 60
MOST_UPDATES = 10
# Updates are written in HTML.
_TAG = re.compile(r"<[^<>]{0,200}>")
OVER = {"resolved", "postmortem", "completed", "scheduled"}


async def probe(ctx: ProbeContext) -> Finding:
    page = ctx.runbook.endpoints.status_page_url
    answer = await ctx.call("GET", f"{page}/api/v2/summary.json", seconds=SHORT_TIMEOUT_SECONDS)
    if isinstance(answer, Response) and _indicator(answer.json()) is None:
        answer = await ctx.call("GET", f"{page}/api/v2/status.json", seconds=SHORT_TIMEOUT_SECONDS)
    if isinstance(answer, NoAnswer):
        summary = f"TwinMind's status page could not be read: {answer.sentence}."
        return ctx.saw(FindingStatus.UNKNOWN, summary, **exchange(answer))
    body = answer.json()
    indicator = _indicator(body)
    if not answer.ok or indicator not in LEVELS:
        summary = f"TwinMind's status page says nothing that can be read (HTTP {answer.status})."
        return ctx.saw(FindingStatus.UNKNOWN, summary, **exchange(answer))
    return _read(ctx, body, indicator, answer)


def _read(ctx: ProbeContext, body: Json, indicator: str, answer: Response) -> Finding:
    used = _used(ctx, body)
    incidents = [item for item in listed(body, "incidents") if _is_open(item) and _concerns(item, used)]
    maintenances = [item for item in listed(body, "scheduled_maintenances") if _is_open(item) and _concerns(item, used)]
    components = [item for item in listed(body, "components") if not item.get("group")]
    components = [item for item in components if not used or item.get("name") in used]
    levels = [COMPONENTS.get(str(item.get("status")), "none") for item in components]
    shown = [*levels, *map(_impact, incidents), *(["maintenance"] if maintenances else [])]
    # The indicator sums up the whole page, so it does not count where we use only some components.
    announced = max(["none" if used else indicator, *shown], key=LEVELS.index)
    contradicts = not used and bool(shown) and (indicator == "none") != (max(shown, key=LEVELS.index) == "none")
    planned, soon = _planned(ctx, body)
    updated = [moment for item in incidents if (moment := from_iso(item.get("updated_at")))]
    stale = max(0, int((ctx.now - max(updated)).total_seconds() // 3600)) if updated else None
    return ctx.saw(
        _STATUS[announced],
        _sentence(announced, incidents, maintenances) + _entry(incidents) + _beside(contradicts, soon, stale),
        **_entry_facts(incidents),
        contradicts=contradicts,
        planned_maintenances=planned,
        next_maintenance_minutes=soon,
        stale_hours=stale,
        indicator=indicator,
        announced=announced,
        unresolved_incidents=len(incidents),
        components=len(components),
        affected_components=len([level for level in levels if level != "none"]),
        maintenances=len(maintenances),
        **exchange(answer),
    )


_STATUS = {
    "none": FindingStatus.OK,
    "maintenance": FindingStatus.DEGRADED,
    "minor": FindingStatus.DEGRADED,
    "major": FindingStatus.FAILED,
    "critical": FindingStatus.FAILED,
}


def _entry_facts(incidents: list[Json]) -> dict[str, Any]:
    """The oldest open entry, and when it was published: `started_at` can be backdated."""
    dated = [(moment, item) for item in incidents if (moment := from_iso(item.get("created_at")))]
    if not dated:
        return {}
    moment, item = min(dated, key=lambda one: one[0])
    name = str(item.get("id") or "")[:40]
    return {"entry_id": name, "entry_since": _iso(moment), "updates": _updates(incidents)}


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _updates(incidents: list[Json]) -> list[dict[str, str]]:
    """The page's newest updates, each with its time and status."""
    found = [
        {"at": _iso(moment), "status": redact_short(str(one.get("status")), 40), "words": _words(one)}
        for item in incidents
        for one in listed(item, "incident_updates")
        if (moment := from_iso(one.get("created_at")))
    ]
    return sorted(found, key=lambda one: one["at"])[-MOST_UPDATES:]


def _words(update: Json) -> str:
    return redact_short(" ".join(_TAG.sub(" ", str(update.get("body") or "")).split()), 160)


def _entry(incidents: list[Json]) -> str:
    """The newest entry's last update, and its link. Quoted because pages drop old entries."""
    if not incidents:
        return ""
    updates = listed(incidents[0], "incident_updates")
    words = _words(updates[0]) if updates else ""
    link = incidents[0].get("shortlink")
    where = f" ({link})" if isinstance(link, str) and is_link(link) and len(link) < 80 else ""
    return f" It says “{words}”{where}." if words else f" It is at{where}." if where else ""


def _used(ctx: ProbeContext, body: Json) -> frozenset[str]:
    """The components that we use; none (so all count) where the page has none of these names."""
    named = frozenset(ctx.runbook.endpoints.status_page_components)
    return named if named & {str(item.get("name")) for item in listed(body, "components")} else frozenset()


def _is_open(item: Json) -> bool:
    return str(item.get("status")) not in OVER


def _concerns(item: Json, used: frozenset[str]) -> bool:
    """An entry that names no component may concern all of them."""
    names = {str(one.get("name")) for one in listed(item, "components")}
    return not used or not names or bool(names & used)


def _sentence(announced: str, incidents: list[Json], maintenances: list[Json]) -> str:
    if announced == "none":
        return "TwinMind's status page announces no trouble."
    names = [redact_short(str(item.get("name")), 80) for item in (*incidents, *maintenances) if item.get("name")]
    named = f', "{names[0]}"' if names else ""
    kind = "maintenance" if announced == "maintenance" else f"{announced} trouble"
    count = f"{len(incidents)} open incident{'' if len(incidents) == 1 else 's'}" if incidents else "no entry about it"
    return f"TwinMind's status page shows {kind}, and has {count}{named}."


def _beside(contradicts: bool, soon: int | None, stale: int | None) -> str:
    said = " Its indicator and its components disagree; the worse counts." if contradicts else ""
    said += f" It has had no update for {stale} h." if stale and stale >= STALE_HOURS else ""
    return said + (f" A maintenance is planned in {soon} minutes." if soon is not None and soon <= SOON_MINUTES else "")


def _planned(ctx: ProbeContext, body: Json) -> tuple[int, int | None]:
    """Number of planned maintenances, and minutes until the first."""
    planned = [item for item in listed(body, "scheduled_maintenances") if item.get("status") == "scheduled"]
    times = [moment for item in planned if (moment := from_iso(item.get("scheduled_for")))]
    minutes = [round((moment - ctx.now).total_seconds() / 60) for moment in times]
    return len(planned), max(0, min(minutes)) if minutes else None


def _indicator(body: Any) -> str | None:
    found = inner(body, "status", "indicator")
    return found if isinstance(found, str) else None


def _impact(incident: Json) -> str:
    """An unresolved incident is trouble even with impact `none` or an unknown one."""
    impact = incident.get("impact")
    return impact if impact in LEVELS[1:] else "minor"

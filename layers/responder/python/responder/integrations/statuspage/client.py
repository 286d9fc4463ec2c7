"""Atlassian Statuspage's manage API (docs/vendor-apis.md#statuspage-api, #statuspage-incidents)."""

import threading
import time
from collections.abc import Iterable
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import Json, RequestRefused, inner, listed, mapping, refused
from responder.config.runbook import Runbook
from responder.context import IncidentContext
from responder.domain.incident import Incident
from responder.integrations.statuspage.settings import Settings
from responder.notifications.messages.public_notice import PublicNotice

TIME_LIMIT = 3.0
# One request a second per token; incidents in one process share the limit.
PACE_SECONDS = 1.0
_PLANNED = ("scheduled", "in_progress", "verifying", "completed")


class _Pace:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        with self._lock:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + PACE_SECONDS


_pace = _Pace()


class StatuspageClient:
    """`unknown_components`: configured ids that the page does not have."""

    def __init__(self, ctx: IncidentContext) -> None:
        self._ctx = ctx
        self.unknown_components: tuple[str, ...] = ()

    def unresolved(self) -> list[Json] | RequestRefused:
        answer = self.call("GET", "/incidents/unresolved")
        if not answer.ok:
            return refused(answer)
        body = answer.json()
        return (
            listed(body)
            if isinstance(body, list)
            else RequestRefused("the list of entries could not be read", again=True)
        )

    def create(self, fields: Json) -> Json | RequestRefused:
        return self._write("POST", "/incidents", fields)

    def change(self, notice_id: str, fields: Json) -> Json | RequestRefused:
        return self._write("PATCH", f"/incidents/{notice_id}", fields)

    def _write(self, method: str, path: str, fields: Json) -> Json | RequestRefused:
        """Statuspage refuses a notice with an unknown component, so that component is left out, and named."""
        answer = self.call(method, path, {"incident": fields})
        if answer.status == 422 and fields.get("components"):
            known = self._component_ids()
            self.unknown_components = tuple(one for one in fields["components"] if known and one not in known)
            if self.unknown_components:
                left = {one: status for one, status in fields["components"].items() if one in known}
                fields = fields | {"components": left, "component_ids": list(left)}
                answer = self.call(method, path, {"incident": fields})
        return self._written(answer)

    def _component_ids(self) -> set[str]:
        """Empty where they cannot be read."""
        answer = self.call("GET", "/components")
        found = listed(answer.json()) if answer.ok else []
        return {str(one.get("id")) for one in found}

    def _written(self, answer: Response | NoAnswer) -> Json | RequestRefused:
        if not answer.ok:
            return refused(answer)
        body = mapping(answer.json())
        return body if body.get("id") else RequestRefused("the answer has no id", again=True)

    def call(self, method: str, path: str, body: Any = None) -> Response | NoAnswer:
        vendor = self._ctx.runbook.vendors.of(Settings)
        url = f"{vendor.api_url}/pages/{vendor.page_id}{path}"

        def send(key: str) -> Response | NoAnswer:
            _pace.wait()
            headers = {"Authorization": f"OAuth {key}"}
            return self._ctx.http.call(method, url, headers=headers, json=body, timeout=TIME_LIMIT)

        return self._ctx.call_as("statuspage", send)


def realtime(entries: list[Json]) -> list[Json]:
    """Leaves out planned maintenance."""
    return [entry for entry in entries if entry.get("status") not in _PLANNED]


METADATA = "twinmind_responder"


def ours(integration: str, unresolved: list[Json]) -> Json | None:
    """The entry with our metadata; works even if the answer with its id was lost."""
    for one in unresolved:
        if inner(one, "metadata", METADATA, "integration") == integration:
            return one
    return None


def of_people(component_ids: Iterable[str], unresolved: list[Json]) -> Json | None:
    """People's entry about the same components: a second one would confuse the public."""
    wanted = set(component_ids)
    for one in realtime(unresolved):
        touched = {component.get("id") for component in listed(one.get("components"))}
        if not wanted or wanted & touched:
            return one
    return None


def metadata_of(incident: Incident) -> dict[str, dict[str, str]]:
    return {METADATA: {"integration": incident.integration, "incident_id": incident.id}}


def fields_of(notice: PublicNotice, runbook: Runbook) -> Json:
    """A map of components sets their status; resolving alone would not change it."""
    components = dict.fromkeys(runbook.vendors.of(Settings).component_ids, notice.component_status)
    fields: Json = {"status": notice.status, "body": notice.body, "impact_override": notice.impact}
    return fields | ({"components": components, "component_ids": list(components)} if components else {})


def newest_words(entry: Json) -> str | None:
    """The entry's latest text; updates come newest first (docs/vendor-apis.md#statuspage-feed)."""
    bodies = [update.get("body") for update in listed(entry.get("incident_updates"))]
    return bodies[0] if bodies and isinstance(bodies[0], str) else None

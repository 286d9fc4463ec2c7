"""Statuspage's manage API: our own public status page (docs/vendor-apis.md#statuspage-api, #statuspage-incidents)."""

import secrets
from collections.abc import Iterable

from flask import Response, request

from local.sandbox.quota import RollingMinute
from local.sandbox.shapes import Json
from local.sandbox.statuspage_rules import broken_rule, fresh_incident, impact_of
from local.sandbox.vendor import Route, Vendor, answer, json_body
from local.sandbox.world import World

OVER = ("resolved", "postmortem", "completed")
OWN_FIELDS = ("name", "status", "impact_override", "metadata", "component_ids", "reminder_intervals")


class Statuspage(Vendor):
    name = "statuspage"
    prefix = "/statuspage/v1/pages/<page>"
    scheme = "OAuth "

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._minute = RollingMinute(world.clock)

    def reset(self) -> None:
        self._minute.clear()

    def routes(self) -> Iterable[Route]:
        """The suffix .json is optional (docs/vendor-apis.md#statuspage-api)."""
        for method, rule, view in (
            ("POST", "/incidents", self._create),
            ("GET", "/incidents", lambda: answer([self._shown(one) for one in self._newest_first()])),
            ("GET", "/incidents/unresolved", lambda: answer([self._shown(one) for one in self._unresolved()])),
            ("GET", "/incidents/<incident>", self._read),
            ("PATCH", "/incidents/<incident>", self._update),
            ("PATCH", "/incidents/<incident>/incident_updates/<update>", self._edit_update),
            ("GET", "", lambda: answer({"id": _page(), "name": "Sandbox status"})),
            ("GET", "/components", lambda: answer(self._components())),
            ("PATCH", "/components/<component>", self._set_component),
        ):
            yield method, f"{rule}.json", view
            yield method, rule, view

    def refusal(self) -> Response | None:
        """401; then 420 or 429 over a request a second in a rolling minute (docs/vendor-apis.md#statuspage-api)."""
        if not self.accepts(self.credential() or request.args.get("api_key")):
            return self.error(401, "Could not authenticate")
        if self.state["throttle"] or not self._minute.allow(self.state["requests_per_minute"]):
            return self.error(self.state["throttle_status"], "Too many requests, please slow down")
        wanted = self.state["page_id"]
        return None if wanted in (None, _page()) else self.error(404, "Page not found")

    def error(self, status: int, message: str) -> Response:
        headers = {"Retry-After": str(self.state["retry_after"])} if status in (420, 429) else {}
        return answer({"error": message}, status, headers)

    def _incidents(self) -> dict[str, Json]:
        """The incidents, with defaults for what the world's entry does not say."""
        found: dict[str, Json] = self.state["incidents"]
        for name, incident in found.items():
            for field, value in fresh_incident(name, _page(), self.world.iso()).items():
                incident.setdefault(field, value)
        return found

    def _newest_first(self) -> list[Json]:
        return list(reversed(self._incidents().values()))

    def _unresolved(self) -> list[Json]:
        return [incident for incident in self._newest_first() if incident.get("status") not in OVER]

    def _create(self) -> Response:
        """201; no idempotency key, so a repeat makes a second public incident (vendor-apis.md#statuspage-incidents)."""
        given = json_body().get("incident")
        broken = broken_rule(given, self.state["components"], creates=True)
        if broken or not isinstance(given, dict):
            return self.error(422 if isinstance(given, dict) else 400, broken or "incident is missing")
        incident = fresh_incident(secrets.token_hex(6), _page(), self.world.iso()) | {"name": given["name"]}
        self._incidents()[incident["id"]] = incident
        self._change(incident, given)
        return answer(self._shown(incident), 201)

    def _read(self, incident: str) -> Response:
        found = self._incidents().get(incident)
        return answer(self._shown(found)) if found else self.error(404, "Not found")

    def _update(self, incident: str) -> Response:
        """Each PATCH with a body appends an update (docs/vendor-apis.md#statuspage-api)."""
        found = self._incidents().get(incident)
        if found is None:
            return self.error(404, "Not found")
        given = json_body().get("incident")
        broken = broken_rule(given, self.state["components"], creates=False)
        if broken or not isinstance(given, dict):
            return self.error(422 if isinstance(given, dict) else 400, broken or "incident is missing")
        self._change(found, given)
        return answer(self._shown(found))

    def _change(self, incident: Json, given: Json) -> None:
        """A map in `components` sets their status (docs/vendor-apis.md#statuspage-incidents); resolving does not."""
        now = self.world.iso()
        before = {name: component.get("status") for name, component in self.state["components"].items()}
        incident.update({name: given[name] for name in OWN_FIELDS if name in given})
        statuses = given.get("components")
        if isinstance(statuses, dict):
            for component, status in statuses.items():
                self.state["components"][component]["status"] = status or "operational"
            incident["component_ids"] = sorted({*incident["component_ids"], *statuses})
            incident["impact"] = impact_of(statuses.values())
        incident["impact"] = incident["impact_override"] or incident["impact"]
        incident["updated_at"] = now
        if incident["status"] in ("monitoring", "resolved"):
            incident[f"{incident['status']}_at"] = now
        if given.get("body"):
            incident["incident_updates"].insert(0, self._new_update(incident, given, before))

    def _new_update(self, incident: Json, given: Json, before: Json) -> Json:
        """Newest first; `affected_components` is null where nothing changed (docs/vendor-apis.md#statuspage-feed)."""
        changed = [
            {"code": name, "name": now.get("name"), "old_status": before[name], "new_status": now["status"]}
            for name, now in self.state["components"].items()
            if name in (given.get("components") or {})
        ]
        now_text = self.world.iso()
        return {
            "id": secrets.token_hex(6),
            "incident_id": incident["id"],
            "status": incident["status"],
            "body": given["body"],
            "created_at": now_text,
            "display_at": now_text,
            "affected_components": changed or None,
            "deliver_notifications": given.get("deliver_notifications", True),
        }

    def _edit_update(self, incident: str, update: str) -> Response:
        updates = self._incidents().get(incident, {}).get("incident_updates", [])
        found: Json | None = next((one for one in updates if one["id"] == update), None)
        if found is None:
            return self.error(404, "Not found")
        given = json_body().get("incident_update", {})
        found.update({name: given[name] for name in ("body", "display_at", "deliver_notifications") if name in given})
        return answer(found)

    def _components(self) -> list[Json]:
        return [{"id": name, "group": False} | component for name, component in self.state["components"].items()]

    def _shown(self, incident: Json) -> Json:
        mine = [component for component in self._components() if component["id"] in incident["component_ids"]]
        return incident | {"components": mine}

    def _set_component(self, component: str) -> Response:
        found = self.state["components"].get(component)
        if found is None:
            return self.error(404, "Not found")
        status = json_body().get("component", {}).get("status")
        broken = broken_rule({"components": {component: status}}, self.state["components"], creates=False)
        if broken:
            return self.error(422, broken)
        found["status"] = status or "operational"
        return answer({"id": component, "group": False} | found)


def _page() -> str:
    return str((request.view_args or {})["page"])

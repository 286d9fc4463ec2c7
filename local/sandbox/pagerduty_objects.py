"""The JSON objects of PagerDuty's REST API, as its schema has them (docs/vendor-apis.md#pagerduty-reads)."""

from collections.abc import Callable
from typing import Any

from local.sandbox.shapes import Json

Iso = Callable[[float], str]

API = "https://api.pagerduty.com"
POLICY = "PESCPOL"
SITE = "https://sandbox.pagerduty.com"


def fresh_incident(incident: str, created_at: str, number: int) -> Json:
    """The world's fields of one incident; a declared incident can override each."""
    return {
        "id": incident,
        "number": number,
        "title": "TwinMind integration alert",
        "status": "triggered",
        "urgency": "high",
        "priority": None,
        "service_id": f"PS{incident}",
        "acknowledgement_timeout_seconds": 1800,
        "escalation_level": 1,
        "created_at": created_at,
        "reopened_at": None,
        "resolved_at": None,
        "resolution": None,
        "resolve_reason": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "assignee": user_reference("PONCALL", "On-call engineer"),
        "last_status_change_at": created_at,
        "last_status_change_by": reference("service", f"PS{incident}", "TwinMind integration"),
        "alerts": [{"severity": "critical", "details": {}}],
        "notes": [],
        "status_updates": [],
    }


def reference(kind: str, identity: str, summary: str) -> Json:
    """`id`, `type`, `self`, `html_url`, `summary` (docs/vendor-apis.md#pagerduty-webhooks)."""
    plural = "escalation_policies" if kind == "escalation_policy" else f"{kind}s"
    return {
        "id": identity,
        "type": f"{kind}_reference",
        "summary": summary,
        "self": f"{API}/{plural}/{identity}",
        "html_url": f"{SITE}/{plural}/{identity}",
    }


def user_reference(identity: str, summary: str) -> Json:
    return reference("user", identity, summary)


def incident_object(stored: Json, iso: Iso) -> Json:
    """The answer of GET and PUT /incidents/{id}; `pending_actions` names the fall-back of an acknowledgement."""
    identity, status = stored["id"], stored["status"]
    priority = stored["priority"]
    links = {"self": f"{API}/incidents/{identity}", "html_url": f"{SITE}/incidents/{identity}"}
    return links | {
        "id": identity,
        "type": "incident",
        "summary": f"[#{stored['number']}] {stored['title']}",
        "incident_number": stored["number"],
        "title": stored["title"],
        "created_at": stored["created_at"],
        "updated_at": stored["last_status_change_at"],
        "status": status,
        "incident_key": None,
        "service": reference("service", stored["service_id"], "TwinMind integration"),
        "assignments": [] if status == "resolved" else [{"at": stored["created_at"], "assignee": stored["assignee"]}],
        "assigned_via": "escalation_policy",
        "last_status_change_at": stored["last_status_change_at"],
        "last_status_change_by": stored["last_status_change_by"],
        "resolved_at": stored["resolved_at"],
        "alert_counts": _counts(stored["alerts"]),
        "is_mergeable": True,
        "incident_type": {"name": "incident_default"},
        "escalation_policy": reference("escalation_policy", POLICY, "TwinMind on call"),
        "teams": [],
        "pending_actions": _pending(stored, iso),
        "acknowledgements": _acknowledgements(stored, iso),
        "priority": reference("priority", f"P{priority}", priority) if priority else None,
        "resolve_reason": stored["resolve_reason"],
        "conference_bridge": None,
        "urgency": stored["urgency"],
    }


def on_call_page(policies: list[str], first: list[str]) -> Json:
    """`oncalls[]` of these policies, one for each level and user (REST API, "List all of the on-calls")."""
    people = [(1, name) for name in first] + [(2, "Team lead")]
    found = [
        {
            "escalation_policy": reference("escalation_policy", POLICY, "TwinMind on call"),
            "escalation_level": level,
            "schedule": None,
            "user": user_reference(f"PONCALL{level}", name),
            "start": None,
            "end": None,
        }
        for level, name in people
    ]
    return {"oncalls": found if POLICY in policies else [], "limit": 25, "offset": 0, "more": False, "total": None}


def _pending(stored: Json, iso: Iso) -> list[Json]:
    seconds = stored["acknowledgement_timeout_seconds"]
    if stored["status"] != "acknowledged" or not seconds:
        return []
    return [{"type": "unacknowledge", "at": iso(stored["acknowledged_at"] + seconds)}]


def _acknowledgements(stored: Json, iso: Iso) -> list[Json]:
    if stored["status"] != "acknowledged":
        return []
    by = stored["acknowledged_by"] or user_reference("PONCALL", "On-call engineer")
    return [{"at": iso(stored["acknowledged_at"]), "acknowledger": by}]


def _counts(alerts: list[Json]) -> Json:
    resolved = sum(alert.get("status") == "resolved" for alert in alerts)
    return {"all": len(alerts), "triggered": len(alerts) - resolved, "resolved": resolved}


def alert_object(stored: Json, given: Json, place: int) -> Json:
    """An alert, its details under `body` (vendor-apis.md#pagerduty-reads); `details`: an object, a string or null."""
    identity = given.get("id", f"{stored['id']}A{place}")
    details: Any = given.get("details")
    return {
        "id": identity,
        "type": "alert",
        "summary": given.get("summary", stored["title"]),
        "self": f"{API}/incidents/{stored['id']}/alerts/{identity}",
        "html_url": f"{SITE}/alerts/{identity}",
        "created_at": stored["created_at"],
        "status": given.get("status", "resolved" if stored["status"] == "resolved" else "triggered"),
        "alert_key": given.get("alert_key", f"key-{identity}"),
        "service": reference("service", stored["service_id"], "TwinMind integration"),
        "body": {"type": "alert_body", "contexts": given.get("contexts", []), "details": details},
        "incident": {"id": stored["id"], "type": "incident_reference"},
        "suppressed": given.get("suppressed", False),
        "severity": given.get("severity", "critical"),
        "integration": None,
    }


def service_object(service: str, acknowledgement_timeout: int | None) -> Json:
    return reference("service", service, "TwinMind integration") | {
        "type": "service",
        "name": "TwinMind integration",
        "status": "active",
        "acknowledgement_timeout": acknowledgement_timeout,
        "auto_resolve_timeout": None,
        "escalation_policy": reference("escalation_policy", POLICY, "TwinMind on call"),
        "alert_creation": "create_alerts_and_incidents",
        "teams": [],
    }

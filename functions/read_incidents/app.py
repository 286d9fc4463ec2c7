"""GET /incidents?status=open&limit=&next= and GET /incidents/{id}: the stored incidents. IAM checks the caller."""

import base64
import json
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import incident_table
from responder.domain.api_view import full_view, short_view
from responder.domain.incident import IncidentStatus

logger = Logger()
STATUSES = [status.value for status in IncidentStatus]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    incident_id = (event.get("pathParameters") or {}).get("id")
    if incident_id:
        return _one(incident_id)
    return _list(event.get("queryStringParameters") or {})


def _one(incident_id: str) -> dict[str, Any]:
    table = incident_table()
    stored = table.find(incident_id)
    if stored is None:
        return _answer(404, {"error": f"no incident {incident_id[:80]}"})
    incident = stored.incident
    findings = table.findings(incident.id, incident.evidence_run) if incident.evidence_run else []
    timeline = table.timeline(incident.id)
    first = next((str(entry.data["evidence"]) for entry in timeline if entry.kind == "diagnosis"), None)
    earlier = table.findings(incident.id, first) if first else []
    return _answer(200, full_view(incident, findings, table.actions(incident.id), timeline, earlier))


def _list(query: dict[str, str]) -> dict[str, Any]:
    """`status=open` lists all incidents that are not resolved. Any other value lists those with exactly this status."""
    status = query.get("status", "open")
    if status not in STATUSES:
        return _answer(400, {"error": f"status must be one of {', '.join(STATUSES)}"})
    try:
        limit = min(max(int(query.get("limit", "50")), 1), 200)
        cursor = json.loads(base64.urlsafe_b64decode(query["next"])) if query.get("next") else None
    except ValueError:
        return _answer(400, {"error": "limit must be a number; next must come from the last answer"})
    page, more = incident_table().listed("resolved" if status == "resolved" else "open", limit, cursor)
    wanted = [incident for incident in page if status in ("open", incident.status.value)]
    body: dict[str, Any] = {"incidents": [short_view(incident) for incident in wanted]}
    if more:
        body["next"] = base64.urlsafe_b64encode(json.dumps(more).encode()).decode()
    return _answer(200, body)


def _answer(status: int, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body)}

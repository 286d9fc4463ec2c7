"""The other parts of PagerDuty's account: users, and webhook subscriptions with their ping."""

import hashlib
import hmac
import json
import threading
import uuid
from typing import Any

import httpx
from flask import Response, request

from local.sandbox.shapes import Json
from local.sandbox.vendor import answer

# What "all incident events" selects (PagerDuty, "Webhooks overview", event types).
EVENTS = [
    "incident.triggered",
    "incident.acknowledged",
    "incident.unacknowledged",
    "incident.resolved",
    "incident.reopened",
    "incident.priority_updated",
    "incident.escalated",
    "incident.reassigned",
    "incident.delegated",
    "incident.service_updated",
    "incident.incident_type.changed",
    "incident.annotated",
    "incident.status_update_published",
    "incident.responder.added",
    "incident.responder.replied",
    "incident.conference_bridge.updated",
    "incident.custom_field_values.updated",
    "incident.role.assigned",
    "incident.task.created",
    "incident.task.updated",
    "incident.task.completed",
    "incident.action_invocation.created",
    "incident.action_invocation.updated",
    "incident.action_invocation.terminated",
    "incident.workflow.started",
    "incident.workflow.completed",
]

ANYBODY = "responder@example.com"


def users(known: dict[str, str]) -> Json:
    """`query` matches names and e-mails. If the world declares no user, every address is the responder's own."""
    query = request.args.get("query", "")
    found = {mail: user for mail, user in known.items() if query in mail} if known else {query or ANYBODY: "PRESPONDER"}
    listed = [{"id": user, "type": "user", "email": mail, "name": mail} for mail, user in found.items()]
    return {"users": listed, "limit": 25, "offset": 0, "more": False, "total": None}


def subscription_page(known: dict[str, Json]) -> Json:
    """GET /webhook_subscriptions: the secret is shown only when one is made (docs/vendor-apis.md#pagerduty-rest)."""
    listed = [_shown(name, given) for name, given in known.items()]
    return {"webhook_subscriptions": listed, "limit": 100, "offset": 0, "more": False, "total": None}


def _shown(name: str, given: Json) -> Json:
    disabled = given.get("temporarily_disabled", False)
    method = {
        "id": f"D{name}",
        "type": "http_delivery_method",
        "url": given["url"],
        "secret": None,
        "custom_headers": [],
    }
    return {
        "id": name,
        "type": "webhook_subscription",
        "active": given.get("active", True),
        "events": given.get("events", list(EVENTS)),
        "filter": given.get("filter", {"type": "account_reference"}),
        "delivery_method": method | {"temporarily_disabled": disabled},
        "description": given.get("description", "TwinMind responder"),
    }


def ping(name: str, given: Json, occurred_at: str) -> Response:
    """202, and the signed `pagey.ping` comes after the answer, as deliveries do."""
    data = {"message": "Hello from your friend Pagey!", "type": "ping"}
    event: Any = {"id": str(uuid.uuid4()), "event_type": "pagey.ping", "resource_type": "pagey"}
    event |= {"occurred_at": occurred_at, "agent": None, "client": None, "data": data}
    body = json.dumps({"event": event}).encode()
    digest = hmac.new(str(given.get("secret")).encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Webhook-Subscription": name} | given.get("headers", {})
    headers |= {"X-PagerDuty-Signature": f"v1={digest}", "Content-Type": "application/json"}
    threading.Thread(
        target=_deliver, args=(given.get("deliver_to") or given["url"], body, headers), daemon=True
    ).start()
    return answer(None, 202)


def _deliver(url: str, body: bytes, headers: dict[str, str]) -> None:
    try:
        httpx.post(url, content=body, headers=headers, timeout=30)
    except httpx.HTTPError:
        return  # nobody listens there: the delivery is lost, as with PagerDuty

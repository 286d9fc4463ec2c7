"""Signed deliveries, as the vendors would send them now."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

from responder.domain.clock import now
from tests.support.inprocess import WEBHOOK_SECRETS, Cloud
from tests.support.webhooks import sample, signature


def pagerduty(name: str = "incident_triggered", incident_id: str = "Q1TESTINCIDENT", **event: Any) -> dict[str, Any]:
    """A sample body about `incident_id`, occurred now unless told otherwise."""
    body = copy.deepcopy(sample("pagerduty", name))
    body["event"]["occurred_at"] = iso_now()
    body["event"].update(event)
    data = body["event"]["data"]
    if data["type"] == "incident":
        data["id"] = incident_id
    elif "incident" in data:
        data["incident"]["id"] = incident_id
    return body


def opsgenie(name: str, alert_id: str, **alert: Any) -> dict[str, Any]:
    body = copy.deepcopy(sample("opsgenie", name))
    now_ms = _own_millisecond()
    body["alert"]["alertId"] = alert_id
    if name != "escalate":
        body["alert"] |= {"createdAt": now_ms, "updatedAt": now_ms * 1_000_000} | alert
    return body


def signed(source: str, body: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    return signed_bytes(source, json.dumps(body, ensure_ascii=False).encode())


def signed_bytes(source: str, raw: bytes) -> tuple[bytes, dict[str, str]]:
    if source == "pagerduty":
        return raw, {"X-PagerDuty-Signature": signature(raw, WEBHOOK_SECRETS["pagerduty"])}
    return raw, {"X-Webhook-Token": WEBHOOK_SECRETS[source]}


def deliver(cloud: Cloud, source: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    raw, headers = signed(source, body)
    return cloud.post(source, raw, headers)


def iso_now() -> str:
    return datetime.fromtimestamp(_own_millisecond() / 1000, UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


_last_millisecond = 0


def _own_millisecond() -> int:
    """Unix time that no other delivery of this moment has: two of one millisecond are copies of one event."""
    global _last_millisecond  # noqa: PLW0603 - one clock for all deliveries of this process
    wanted = int(now().timestamp() * 1000)
    _last_millisecond = _last_millisecond + 1 if 0 <= _last_millisecond - wanted < 1000 else wanted
    return _last_millisecond

"""The alert that Opsgenie and JSM keep (docs/vendor-apis.md#opsgenie; REST shape: `id` and ISO dates)."""

from local.sandbox.shapes import Json


def fresh_alert(alert_id: str, created: str, number: int) -> Json:
    """An open alert; `notes` and `log` (applied actions) are the sandbox's own and not in the vendor's answer."""
    return {
        "id": alert_id,
        "tinyId": str(number),
        "alias": alert_id,
        "message": "TwinMind integration alert",
        "status": "open",
        "acknowledged": False,
        "isSeen": False,
        "snoozed": False,
        "tags": [],
        "count": 1,
        "createdAt": created,
        "updatedAt": created,
        "lastOccurredAt": created,
        "source": "sandbox",
        "owner": "",
        "priority": "P3",
        "responders": [],
        "details": {},
        "integration": {"id": "sandbox", "name": "Sandbox", "type": "API"},
        "notes": [],
        "log": [],
    }

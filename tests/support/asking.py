"""An approval that is asked for: what the tests of asking and deciding start from."""

from datetime import timedelta
from typing import Any

from responder.asks import Ask
from responder.clock import now
from responder.messages.asking import Ways
from tests.support.telling import AT

HASH = "0123456789abcdef"
WAYS = Ways(("U0ONCALL",), "responder-decide")


def an_ask(**changes: Any) -> Ask:
    """Scaling out, asked at AT, open for 15 minutes."""
    at = changes.pop("asked_at", AT + timedelta(minutes=1))
    fields: dict[str, Any] = {
        "name": "approve-scale",
        "action": "scale",
        "plan_hash": HASH,
        "sentence": "Raise the autoscaler's floor of twinmind-service from 2 to 4 pods.",
        "effect": "Two more pods share the load within about a minute.",
        "undo": "The floor goes back to 2 when the incident ends.",
        "changes": {"hpa/twinmind-hpa spec.minReplicas": {"before": 2, "after": 4}},
        "asked_at": at,
        "remind_at": at + timedelta(minutes=7, seconds=30),
        "expires_at": at + timedelta(minutes=15),
    }
    return Ask(**(fields | changes))


def asked_now(**changes: Any) -> Ask:
    """Asked a moment ago by the real clock."""
    return an_ask(asked_at=now() - timedelta(seconds=2), **changes)

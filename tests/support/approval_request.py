"""An approval that is asked for: what the tests of asking and deciding start from."""

import base64
from datetime import timedelta
from typing import Any

import httpx

from local.sandbox.slack_message import buttons
from responder.aws.incident_table import IncidentTable
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Severity
from responder.domain.human_task import HumanTask
from tests.support.inprocess import SETTINGS, SIGNING_SECRET, Cloud
from tests.support.notifications import AT, context_at, recent, slack_messages

APPROVER = "U0ONCALL"
HASH = "0123456789abcdef"
APPROVERS = (APPROVER,)


def an_ask(**changes: Any) -> HumanTask:
    """Scaling out, asked at AT, open for 15 minutes."""
    at = changes.pop("requested_at", AT + timedelta(minutes=1))
    fields: dict[str, Any] = {
        "name": "approve-scale",
        "action": "scale",
        "plan_hash": HASH,
        "sentence": "Raise the autoscaler's floor of twinmind-service from 2 to 4 pods.",
        "effect": "Two more pods share the load within about a minute.",
        "undo": "The floor goes back to 2 when the incident ends.",
        "changes": {"hpa/twinmind-hpa spec.minReplicas": {"before": 2, "after": 4}},
        "requested_at": at,
        "remind_at": at + timedelta(minutes=7, seconds=30),
        "expires_at": at + timedelta(minutes=15),
    }
    return HumanTask(**(fields | changes))


def asked_now(**changes: Any) -> HumanTask:
    """Asked a moment ago by the real clock."""
    return an_ask(requested_at=now() - timedelta(seconds=2), **changes)


def ask_people(
    cloud: Cloud, task: HumanTask | None = None, *, incident_id: str = "pd-PABC123", **changes: Any
) -> IncidentContext:
    """An overloaded service, one approver, and the question sent out as the machine sends it."""
    cloud.change_runbook({"approvals": {"approvers": {"slack": [APPROVER]}}})
    cloud.sandbox.patch({"slack": {"signing_secret": SIGNING_SECRET}})
    fields = {"cause": Cause.SERVICE_OVERLOADED, "severity": Severity.P2, "human_tasks": (task or asked_now(),)}
    ctx = context_at(recent(incident_id, **(fields | changes)))
    say(cloud, "task", incident_id=incident_id)
    return ctx


def say(cloud: Cloud, kind: str, task: str = "approve-scale", incident_id: str = "pd-PABC123") -> list[str]:
    """The channels that publish_update reached."""
    event = {"incident_id": incident_id, "execution_number": 1, "kind": kind, "task": task}
    sent: list[str] = cloud.invoke("publish_update", event)["sent"]
    return sent


def press(cloud: Cloud, action: str, user: str = APPROVER, **given: Any) -> dict[str, Any]:
    """A click in Slack, brought to the real handler as the API brings it; returns the handler's answer."""
    pressed = httpx.post(f"{cloud.sandbox.url}/_click", json={"user": user, "action": action} | given)
    return deliver(cloud, pressed.raise_for_status().json())


def send_dialog(cloud: Cloud, reason: str | None, user: str = APPROVER) -> dict[str, Any]:
    sent = httpx.post(f"{cloud.sandbox.url}/_submit", json={"user": user, "reason": reason})
    return deliver(cloud, sent.raise_for_status().json())


def deliver(cloud: Cloud, sent: dict[str, Any], *, as_base64: bool = True) -> dict[str, Any]:
    """API Gateway hands every body over in base64, because the API's binary media types are all types."""
    body = base64.b64encode(sent["body"].encode()).decode() if as_base64 else sent["body"]
    event = {"headers": sent["headers"], "body": body, "isBase64Encoded": as_base64}
    answer: dict[str, Any] = cloud.invoke("slack_interaction", event)
    cloud.run_later()
    return answer


def decide(cloud: Cloud, **given: Any) -> dict[str, Any]:
    event = {"incident_id": "pd-PABC123", "task": "approve-scale", "plan_hash": HASH, "by": "jane"} | given
    answer: dict[str, Any] = cloud.invoke("decide", event)
    return answer


def the_ask(cloud: Cloud, incident_id: str = "pd-PABC123") -> HumanTask:
    [task] = IncidentTable(SETTINGS["TABLE_NAME"]).get(incident_id).incident.human_tasks
    return task


def whispers(cloud: Cloud) -> list[str]:
    return [str(one["text"]) for one in cloud.sandbox.world["slack"]["whispers"]]


def button_messages(cloud: Cloud) -> list[dict[str, Any]]:
    """Messages that can still be approved or declined."""
    return [message for message in slack_messages(cloud) if "approve_ask" in buttons(message)]


def answer_every_way(cloud: Cloud) -> None:
    """Approved and declined in Slack and by command, each while a state of the workflow waits; and acknowledged."""
    for number, answer in enumerate((_approve, _decline, _by_command)):
        incident_id = f"pd-PASKED{number}"
        ask_people(cloud, incident_id=incident_id)
        IncidentTable(SETTINGS["TABLE_NAME"]).store_wait_token(incident_id, f"token-of-nobody-{number}", 0)
        answer(cloud, incident_id)
    cloud.invoke("publish_update", {"incident_id": "pd-PASKED0", "execution_number": 1, "kind": "handover"})
    press(cloud, "acknowledge")


def _approve(cloud: Cloud, _: str) -> None:
    press(cloud, "approve", user="U0STRANGER")
    press(cloud, "approve")


def _decline(cloud: Cloud, _: str) -> None:
    press(cloud, "decline")
    send_dialog(cloud, "not now")


def _by_command(cloud: Cloud, incident_id: str) -> None:
    cloud.invoke("decide", {"incident_id": incident_id})
    decide(cloud, incident_id=incident_id, decision="approve")

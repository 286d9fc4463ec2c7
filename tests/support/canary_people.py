"""People who paste a key where they decide: as the reason of a No, as their own name, and where a signature belongs."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from local.sandbox.slack_people import FROM
from responder.integrations.slack.buttons import APPROVE, DECLINE, REASON
from responder.integrations.slack.interaction import About
from tests.support import inprocess
from tests.support.approval_request import APPROVER, asked_now, deliver
from tests.support.canaries import Garden
from tests.support.inprocess import Cloud
from tests.support.notifications import context_at, recent

Json = dict[str, Any]


def people_decide(cloud: Cloud, garden: Garden) -> list[Any]:
    """What the two ways to decide answered: presses and dialogs of a stranger and of an approver, then the command."""
    cloud.change_runbook({"approvals": {"approvers": {"slack": [APPROVER]}}})
    answers: list[Any] = []
    for number, user in enumerate(("U0STRANGER", APPROVER)):
        incident_id, task = f"pd-QCANARYASK{number}", asked_now()
        context_at(recent(incident_id, human_tasks=(task,)))
        cloud.invoke(
            "publish_update", {"incident_id": incident_id, "execution_number": 1, "kind": "task", "task": task.name}
        )
        about = About(incident_id=incident_id, task=task.name, plan_hash=task.plan_hash).model_dump_json()
        name = {"id": user, "username": garden.secret("Slack user name"), "name": garden.secret("Slack name", "tm_sk_")}
        reason = {"value": f"no, use {garden.secret('reason of a No', 'tm_sk_')} instead"}
        view = {"callback_id": DECLINE, "private_metadata": about, "state": {"values": {REASON: {REASON: reason}}}}
        press = {"action_id": APPROVE, "value": about}
        for payload in (
            {"type": "block_actions", **FROM, "user": name, "actions": [press | {"value": garden.plant("button")}]},
            {"type": "view_submission", **FROM, "user": name, "view": view},
            {"type": "block_actions", **FROM, "user": name, "actions": [press], "trigger_id": garden.secret("trigger")},
        ):
            answers.append(deliver(cloud, _signed(payload, inprocess.SIGNING_SECRET)))
            answers.append(deliver(cloud, _signed(payload, garden.secret("another's signing secret"))))
        said: Json = {"incident_id": incident_id, "task": task.name, "plan_hash": task.plan_hash, "decision": "decline"}
        said |= {"by": garden.secret("by", "tm_sk_"), "reason": garden.secret("reason by command", "tm_sk_")}
        answers.append(cloud.invoke("decide", said))
        answers.append(cloud.invoke("decide", said | {"task": garden.secret("task", "tm_sk_")}))
    return answers


def _signed(payload: Json, secret: str) -> Json:
    body, at = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    mac = hmac.new(secret.encode(), f"v0:{at}:{body}".encode(), hashlib.sha256).hexdigest()
    return {"body": body, "headers": {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={mac}"}}

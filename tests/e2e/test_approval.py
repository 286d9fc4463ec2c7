"""A click in Slack on the local cloud: through API, signature and roles to the record, and back to the message."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local.drill import decisions
from local.initial_data import APPROVER
from responder.domain.alert import MANUAL
from responder.domain.clock import now
from responder.domain.human_task import HumanTask
from tests.support.approval_request import asked_now
from tests.support.deployed import Cloud
from tests.support.notifications import an_incident

# The audit would find these open, and no execution: each is taken away at the end of its test.
PUT: list[str] = []


@pytest.fixture(autouse=True)
def _taken_away(cloud: Cloud) -> Iterator[None]:
    yield
    while PUT:
        key = {"pk": {"S": f"incident#{PUT.pop()}"}, "sk": {"S": "meta"}}
        cloud.aws("dynamodb").delete_item(TableName=cloud.stack["table_name"], Key=key)


def put_incident(cloud: Cloud) -> str:
    """Diagnosed, with an open question that nobody was told of; no execution works on it."""
    incident_id = f"manual-e2e-{uuid.uuid4().hex[:8]}"
    incident = an_incident(
        incident_id, started_at=now(), source=MANUAL, url=None, human_tasks=(asked_now(),), execution_arns=()
    )
    item = {"pk": f"incident#{incident_id}", "sk": "meta", "body": json.dumps(incident.dump()), "standing": "closed"}
    texts = {name: {"S": value} for name, value in (item | {"started_at": "2026-01-01T00:00:00.000Z"}).items()}
    counters = {"version": {"N": "1"}, "execution_number": {"N": "1"}}
    cloud.aws("dynamodb").put_item(TableName=cloud.stack["table_name"], Item=texts | counters)
    PUT.append(incident_id)
    return incident_id


def invoke(cloud: Cloud, function: str, event: dict[str, Any]) -> Any:
    """By the function's name, or the part of it that the template gives."""
    (name,) = [name for name in cloud.function_names() if function in name]
    answer = cloud.aws("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def asked(cloud: Cloud) -> str:
    incident_id = put_incident(cloud)
    event = {"incident_id": incident_id, "execution_number": 1, "kind": "task", "task": "approve-scale"}
    assert "slack" in invoke(cloud, "PublishUpdate", event)["sent"]
    return incident_id


def the_ask(cloud: Cloud, incident_id: str) -> HumanTask:
    key = {"pk": {"S": f"incident#{incident_id}"}, "sk": {"S": "meta"}}
    item = cloud.aws("dynamodb").get_item(TableName=cloud.stack["table_name"], Key=key)["Item"]
    (found,) = json.loads(item["body"]["S"])["human_tasks"]
    return HumanTask.load(found)


def test_approve_decline_with_a_reason_and_a_stranger(cloud: Cloud) -> None:
    sandbox = cloud.stack["sandbox_url"]
    incident_id = asked(cloud)
    assert decisions.click(sandbox, "approve", user="U0STRANGER")["status"] == 200
    assert "may decide this" in decisions.whispers(cloud.change_world({}))[0]
    assert the_ask(cloud, incident_id).decision is None
    assert decisions.click(sandbox, "approve")["status"] == 200
    assert the_ask(cloud, incident_id).decided_by == f"slack:{APPROVER}"
    declined = asked(cloud)
    came = decisions.click(sandbox, "decline", reason="not tonight")
    assert (came["status"], came["dialog"]["status"]) == (200, 200)
    assert (the_ask(cloud, declined).decision, the_ask(cloud, declined).reason) == ("declined", "not tonight")


def test_the_documented_command_and_an_unsigned_request(cloud: Cloud) -> None:
    incident_id = asked(cloud)
    assert cloud.request("POST", "/slack/interactions", body=b"payload=%7B%7D").status_code == 401
    listed = invoke(cloud, "decide-", {"incident_id": incident_id})
    answer = {
        "task": "approve-scale",
        "plan_hash": listed["human_tasks"][0]["plan_hash"],
        "decision": "approve",
        "by": "jane",
    }
    assert invoke(cloud, "decide-", {"incident_id": incident_id} | answer)["outcome"] == "recorded"
    assert the_ask(cloud, incident_id).decided_by == "iam:jane"

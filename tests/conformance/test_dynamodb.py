"""Every kind of call to DynamoDB, replayed on another emulator: the same status, error and number of items.

dynalite is neither of those that the other tests run on, and was itself compared with DynamoDB.
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.skips import needs_node

NODE = Path(__file__).parent / "node"
OfKind = Callable[[str], list[Any]]
# It looks whether there is a signature, and not at what it says.
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host, Signature=test",
}


class OtherDynamoDb:
    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def call(self, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        """As tests/support/recorded.py keeps an answer, and the message of an error."""
        target = {"X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        answer = self._http.post("/", headers=HEADERS | target, content=json.dumps(params))
        body = answer.json() if answer.content else {}
        error = body.get("__type", "").rpartition("#")[2] or None
        found = len(body["Items"]) if "Items" in body else int("Item" in body)
        return {"status": answer.status_code, "error": error, "found": found, "message": body.get("message")}

    def make_table(self, params: dict[str, Any]) -> dict[str, Any]:
        made = self.call("CreateTable", params)
        for _ in range(200):
            described = self._http.post(
                "/",
                headers=HEADERS | {"X-Amz-Target": "DynamoDB_20120810.DescribeTable"},
                content=json.dumps({"TableName": params["TableName"]}),
            ).json()
            if described.get("Table", {}).get("TableStatus") == "ACTIVE":
                return made
        raise AssertionError(f"the table is not active: {described}")


@pytest.fixture(scope="module")
def other() -> Iterator[OtherDynamoDb]:
    node = shutil.which("node")
    assert node is not None
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([node, "dynamodb.js"], cwd=NODE, **pipes) as running:  # type: ignore[call-overload]
        port = int(running.stdout.readline())
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            yield OtherDynamoDb(http)


def replayed(other: OtherDynamoDb, trace: list[dict[str, Any]], table: str) -> Iterator[tuple[Any, Any]]:
    """(the recorded call, the other's answer) for each."""
    for call in trace:
        is_ours = call["params"]["TableName"] == trace[0]["params"]["TableName"]
        params = call["params"] | ({"TableName": table} if is_ours else {})
        make = other.make_table if call["operation"] == "CreateTable" else None
        yield call, make(params) if make else other.call(call["operation"], params)


@needs_node
def test_another_dynamodb_answers_the_same(of_kind: OfKind, other: OtherDynamoDb, count: Callable[[str], None]) -> None:
    traces = of_kind("dynamodb")
    pairs = [pair for number, trace in enumerate(traces) for pair in replayed(other, trace, f"incidents-{number}")]
    deviations = [
        (call, answer)
        for call, answer in pairs
        if any(call[part] != answer[part] for part in ("status", "error", "found"))
    ]
    count(f"{len(pairs)} DynamoDB calls of {len(traces)} tables replayed, {len(deviations)} deviations")
    assert deviations == []


@needs_node
def test_it_refuses_what_dynamodb_refuses(other: OtherDynamoDb) -> None:
    """A condition with the same attribute on both sides, which the two other emulators take."""
    key = {"AttributeName": "pk", "AttributeType": "S"}
    other.make_table(
        {
            "TableName": "refusing",
            "AttributeDefinitions": [key],
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        }
    )
    write = {"TableName": "refusing", "Item": {"pk": {"S": "a"}}, "ConditionExpression": "pk = pk"}
    answer = other.call("PutItem", write)
    assert (answer["status"], answer["error"]) == (400, "ValidationException")
    assert "must be distinct" in answer["message"]

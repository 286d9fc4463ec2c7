"""Every kind of call that the product makes to AWS, against botocore's models and AWS's documented limits."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.aws_limits import LIMITS
from tests.conformance.aws_models import breaches

OfKind = Callable[[str], list[dict[str, Any]]]


@pytest.fixture(scope="module")
def calls(of_kind: OfKind) -> list[dict[str, Any]]:
    """Each with `name`, such as `sns:Publish`."""
    return [call | {"name": f"{call['service']}:{call['operation']}"} for call in of_kind("aws")]


def test_every_call_keeps_to_the_model(calls: list[dict[str, Any]], count: Callable[[str], None]) -> None:
    deviations = [found for call in calls for found in breaches(call["service"], call["operation"], call["params"])]
    kinds = {call["name"] for call in calls}
    count(f"{len(calls)} AWS calls of {len(kinds)} operations against botocore's models, {len(deviations)} deviations")
    assert deviations == []


def test_every_call_keeps_to_the_documented_limits(calls: list[dict[str, Any]], count: Callable[[str], None]) -> None:
    pairs = [(call, limit) for call in calls for limit in LIMITS if limit.call == call["name"]]
    deviations = [
        (limit.call, limit.what, call["params"], limit.source)
        for call, limit in pairs
        if not limit.overrides(call["params"])
    ]
    count(f"{len(LIMITS)} documented limits of AWS, {len(pairs)} looks, {len(deviations)} deviations")
    assert deviations == []


@pytest.mark.parametrize(
    ("service", "operation", "params", "what"),
    [
        ("stepfunctions", "StartExecution", {"stateMachineArn": "a", "name": "n" * 81}, "81 is not within 1 to 80"),
        ("secretsmanager", "PutSecretValue", {"SecretId": "s", "ClientRequestToken": "short"}, "5 is not within 32"),
        ("ssm", "PutParameter", {"Name": "/a", "Value": "v", "Type": "Text"}, "is none of"),
        ("ecs", "DescribeServices", {"cluster": "c"}, "Missing required parameter"),
    ],
)
def test_what_a_model_refuses(service: str, operation: str, params: dict[str, Any], what: str) -> None:
    assert what in "\n".join(breaches(service, operation, params))


@pytest.mark.parametrize(
    ("call", "params"),
    [
        ("sns:Publish", {"Subject": "s" * 100, "Message": "m"}),
        ("sns:Publish", {"Subject": "a\nb", "Message": "m"}),
        ("ssm:PutParameter", {"Name": "/a", "Value": "v" * 4097}),
        ("stepfunctions:StartExecution", {"name": "pd-Q.1"}),
        ("dynamodb:UpdateItem", {"Key": {}, "ConditionExpression": "attribute_not_exists(version) AND :seen = :seen",
                                 "ExpressionAttributeValues": {":seen": {"N": "0"}}}),
        ("dynamodb:PutItem", {"Item": {"pk": {"S": "a"}, "sk": {"S": ""}}}),
    ],
)  # fmt: skip
def test_what_a_limit_refuses(call: str, params: dict[str, Any]) -> None:
    assert not all(limit.overrides(params) for limit in LIMITS if limit.call == call)

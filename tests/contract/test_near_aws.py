"""The short way to moto answers as the long one: the same calls on both, each with all that came of it."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws

from tests.support import near_aws
from tests.support.inprocess import REGION, SETTINGS, create_table

Json = dict[str, Any]
Call = tuple[str, str, Json]
TABLE = SETTINGS["TABLE_NAME"]
QUEUE = SETTINGS["QUEUE_URL"]
MACHINE = SETTINGS["STATE_MACHINE_ARN"]
EXECUTION = MACHINE.replace(":stateMachine:", ":execution:") + ":one"
TOKENS = [f"00000000-0000-4000-8000-00000000000{number}" for number in range(3)]


def key(sk: str) -> Json:
    return {"pk": {"S": "incident#1"}, "sk": {"S": sk}}


def put(sk: str, **more: Any) -> Call:
    item = key(sk) | {"version": {"N": "1"}, "standing": {"S": "open"}, "started_at": {"S": f"2026-{sk}"}}
    return "dynamodb", "put_item", {"TableName": TABLE, "Item": item} | more


def update(sk: str, expression: str, values: Json, **more: Any) -> Call:
    asked = {"TableName": TABLE, "Key": key(sk), "UpdateExpression": expression, "ExpressionAttributeValues": values}
    return "dynamodb", "update_item", asked | more


ABSENT = {"ConditionExpression": "attribute_not_exists(pk)"}
AS_SEEN = {"ConditionExpression": "version = :seen"}
SEVEN = {":v": {"N": "7"}}
OPEN = {":open": {"S": "open"}}
LISTED = {"TableName": TABLE, "IndexName": "by_standing", "KeyConditionExpression": "standing = :open", "Limit": 2,
          "ExpressionAttributeValues": OPEN, "ScanIndexForward": False}  # fmt: skip
PK = {":pk": {"S": "incident#1"}}

ITEMS: list[Call] = [
    ("dynamodb", "get_item", {"TableName": TABLE, "Key": key("a"), "ConsistentRead": True}),
    put("a", **ABSENT),
    put("a", **ABSENT),
    put("a", ReturnValues="ALL_OLD"),
    put("b", ConditionExpression="attribute_not_exists(pk) OR version <= :v", ExpressionAttributeValues=SEVEN),
    put("c"),
    put(""),
    put("e", Nonsense=1),
    ("dynamodb", "put_item", {"TableName": TABLE, "Item": key("e") | {"version": {"N": 1}}}),
    ("dynamodb", "put_item", {"TableName": TABLE, "Item": key("e") | {
        "flag": {"BOOL": True}, "none": {"NULL": True}, "map": {"M": {"x": {"L": [{"S": "ü"}, {"N": "1.50"}]}}}}}),
    ("dynamodb", "get_item", {"TableName": TABLE, "Key": key("e")}),
    ("dynamodb", "put_item", {"TableName": "nowhere", "Item": key("a")}),
    update("a", "SET version = :next", {":next": {"N": "2"}, ":seen": {"N": "1"}}, **AS_SEEN),
    update("a", "SET version = :next", {":next": {"N": "2"}, ":seen": {"N": "1"}}, **AS_SEEN),
    update("a", "ADD version :more", {":more": {"N": "40"}}, ReturnValues="UPDATED_NEW"),
    update("z", "SET version = :next", {":next": {"N": "2"}}, ReturnValues="ALL_NEW"),
    ("dynamodb", "get_item", {"TableName": TABLE, "Key": key("a")}),
    ("dynamodb", "query", LISTED),
    ("dynamodb", "query", LISTED | {"ExclusiveStartKey": key("b") | {
        "standing": {"S": "open"}, "started_at": {"S": "2026-b"}}}),
    ("dynamodb", "query", {"TableName": TABLE, "KeyConditionExpression": "pk = :pk AND begins_with(sk, :b)",
                           "ExpressionAttributeValues": PK | {":b": {"S": "b"}}, "ConsistentRead": True}),
    ("dynamodb", "query", {"TableName": TABLE, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": PK,
                           "Select": "COUNT"}),
    ("dynamodb", "scan", {"TableName": TABLE}),
    ("dynamodb", "delete_item", {"TableName": TABLE, "Key": key("b"), "ReturnValues": "ALL_OLD"}),
    ("dynamodb", "delete_item", {"TableName": TABLE, "Key": key("nowhere")}),
    ("dynamodb", "scan", {"TableName": TABLE, "Select": "COUNT"}),
    # A condition that was seen before, with other values, with other names, and with one value missing.
    put("f", ConditionExpression="version <= :v", ExpressionAttributeValues=SEVEN),
    *(put("c", ConditionExpression="#n <= :v AND NOT (contains(sk, :c) OR size(sk) > :v)",
          ExpressionAttributeNames={"#n": name}, ExpressionAttributeValues={":v": {"N": most}, ":c": {"S": "b"}})
      for name, most in [("version", "7"), ("version", "0"), ("absent", "7"), ("version", "1")]),
    put("c", ConditionExpression="#n <= :v AND NOT (contains(sk, :c) OR size(sk) > :v)",
        ExpressionAttributeNames={"#n": "version", "#m": "sk"},
        ExpressionAttributeValues=SEVEN | {":c": {"S": "b"}}),
    *(update("c", "SET version = :v", {":v": {"N": number}, ":low": {"N": "1"}, ":high": {"N": "5"}},
             ConditionExpression="version BETWEEN :low AND :high OR version IN (:low, :high)")
      for number in ("5", "9", "6")),
    update("c", "SET version = :v", {":v": {"N": "1"}, ":low": {"N": "1"}},
           ConditionExpression="version BETWEEN :low AND :low AND attribute_type(sk, :low)"),
    *(update("g", "SET found = list_append(if_not_exists(found, :none), :one) REMOVE standing ADD version :v",
             {":none": {"L": []}, ":one": {"L": [{"S": "ü"}, {"BOOL": False}, {"NULL": True}]}, ":v": {"N": "1.5"}},
             ReturnValues=values) for values in ("ALL_NEW", "ALL_OLD", "UPDATED_NEW")),
    update("g", "SET version = :v SET sk = :v", SEVEN),
    update("g", "SET version = :v, version = :v", SEVEN),
    update("g", "SET sk = :v", SEVEN),
    put("h", Item=key("h") | {"body": {"S": "ü" * 203_000}}),
    put("h", Item=key("h") | {"body": {"S": "x" * 203_000}, "more": {"L": [{"S": "x" * 203_000}]}}),
    put("h", Item=key("h") | {"body": {"S": "x" * 203_000}, "more": {"L": [{"S": "x" * 201_000}]}}),
    ("dynamodb", "query", {"TableName": TABLE, "KeyConditionExpression": "pk = :pk AND sk BETWEEN :b AND :g",
                           "FilterExpression": "version > :v", "ProjectionExpression": "sk, found",
                           "ExpressionAttributeValues": PK | {
                               ":b": {"S": "b"}, ":g": {"S": "g"}, ":v": {"N": "2"}}, "ScanIndexForward": False}),
    ("dynamodb", "put_item", {"TableName": TABLE, "Item": key("i") | {"parts": {"SS": ["b", "a"]}}}),
    ("dynamodb", "get_item", {"TableName": TABLE, "Key": key("i")}),
    ("dynamodb", "get_item", {"TableName": TABLE, "Key": key("")}),
    ("dynamodb", "query", {"TableName": TABLE}),
    ("dynamodb", "query", LISTED | {"Limit": 0}),
]  # fmt: skip

SECRETS: list[Call] = [
    ("secretsmanager", "get_secret_value", {"SecretId": "key"}),
    ("secretsmanager", "create_secret", {"Name": "key", "SecretString": "one", "ClientRequestToken": TOKENS[0]}),
    ("secretsmanager", "create_secret", {"Name": "key", "SecretString": "one", "ClientRequestToken": TOKENS[1]}),
    ("secretsmanager", "put_secret_value", {"SecretId": "key", "SecretString": "two", "ClientRequestToken": TOKENS[1],
                                            "VersionStages": ["AWSPENDING"]}),
    ("secretsmanager", "get_secret_value", {"SecretId": "key", "VersionStage": "AWSCURRENT"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "key", "VersionStage": "AWSNONE"}),
    ("secretsmanager", "get_secret_value", {"SecretId": "key", "VersionId": "short"}),
    ("secretsmanager", "update_secret_version_stage", {
        "SecretId": "key", "VersionStage": "AWSCURRENT", "MoveToVersionId": TOKENS[1],
        "RemoveFromVersionId": TOKENS[0]}),
    ("secretsmanager", "update_secret_version_stage", {
        "SecretId": "key", "VersionStage": "AWSCURRENT", "MoveToVersionId": TOKENS[2]}),
    ("secretsmanager", "describe_secret", {"SecretId": "key"}),
    ("secretsmanager", "delete_secret", {"SecretId": "key", "RecoveryWindowInDays": 7}),
    ("secretsmanager", "get_secret_value", {"SecretId": "key"}),
]  # fmt: skip

PARAMETERS: list[Call] = [
    ("ssm", "get_parameter", {"Name": "/stop"}),
    ("ssm", "put_parameter", {"Name": "/stop", "Value": "run", "Type": "String"}),
    ("ssm", "put_parameter", {"Name": "/stop", "Value": "run", "Type": "String"}),
    ("ssm", "put_parameter", {"Name": "/stop", "Value": "", "Overwrite": True}),
    ("ssm", "put_parameter", {"Name": "/stop", "Value": "stop ü", "Overwrite": True}),
    ("ssm", "get_parameter", {"Name": "/stop"}),
    ("ssm", "delete_parameter", {"Name": "/stop"}),
]

MESSAGES: list[Call] = [
    ("sqs", "create_queue", {"QueueName": "ingest.fifo", "Attributes": {"FifoQueue": "true"}}),
    ("sqs", "send_message", {
        "QueueUrl": QUEUE, "MessageBody": "{}", "MessageGroupId": "g", "MessageDeduplicationId": "1"}),
    ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "{}"}),
    ("sqs", "send_message", {"QueueUrl": f"{QUEUE}x", "MessageBody": "{}"}),
    ("sqs", "receive_message", {"QueueUrl": QUEUE, "AttributeNames": ["All"], "VisibilityTimeout": 0}),
    ("sqs", "get_queue_attributes", {"QueueUrl": QUEUE, "AttributeNames": ["All"]}),
]  # fmt: skip

TOPIC = SETTINGS["TOPIC_ARN"]
TOPICS: list[Call] = [
    ("sns", "create_topic", {"Name": TOPIC.rpartition(":")[2]}),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "sms", "Endpoint": "+15550100"}),
    ("sns", "list_subscriptions_by_topic", {"TopicArn": TOPIC}),
    ("sns", "publish", {"TopicArn": TOPIC, "Subject": "an incident", "Message": "ü & <b>\nline two=2",
                        "MessageAttributes": {"kind": {"DataType": "String", "StringValue": "update"}}}),
    ("sns", "publish", {"TopicArn": TOPIC, "Subject": "x" * 101, "Message": "m"}),
    ("sns", "publish", {"TopicArn": f"{TOPIC}x", "Message": "m"}),
    ("sns", "publish", {"TopicArn": TOPIC}),
    ("sns", "list_subscriptions_by_topic", {"TopicArn": f"{TOPIC}x"}),
    ("sns", "get_topic_attributes", {"TopicArn": TOPIC}),
]  # fmt: skip

EXECUTIONS: list[Call] = [
    ("stepfunctions", "create_state_machine", {
        "name": MACHINE.rpartition(":")[2], "roleArn": f"arn:aws:iam::{near_aws.ACCOUNT}:role/machine",
        "definition": '{"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}'}),
    ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE, "name": "one", "input": "{}"}),
    ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE, "name": "one", "input": '{"other": 1}'}),
    ("stepfunctions", "describe_execution", {"executionArn": EXECUTION}),
    ("stepfunctions", "describe_execution", {"executionArn": f"{EXECUTION}-none"}),
    ("stepfunctions", "list_executions", {"stateMachineArn": MACHINE}),
]  # fmt: skip

SERVICES: list[Call] = [
    ("ecs", "create_cluster", {"clusterName": "c"}),
    ("ecs", "register_task_definition", {"family": "t", "containerDefinitions": [
        {"name": "t", "image": "t:1", "memory": 100, "cpu": 1}]}),
    ("ecs", "create_service", {"cluster": "c", "serviceName": "s", "taskDefinition": "t", "desiredCount": 2}),
    ("ecs", "describe_services", {"cluster": "c", "services": ["s", "none"]}),
    ("ecs", "update_service", {"cluster": "c", "service": "none", "forceNewDeployment": True}),
    ("application-autoscaling", "register_scalable_target", {
        "ServiceNamespace": "ecs", "ResourceId": "service/c/s", "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 1, "MaxCapacity": 4}),
    ("application-autoscaling", "describe_scalable_targets", {"ServiceNamespace": "ecs"}),
]  # fmt: skip


@pytest.mark.parametrize(
    "calls", [ITEMS, SECRETS, PARAMETERS, MESSAGES, TOPICS, EXECUTIONS, SERVICES], ids=lambda calls: str(calls[0][0])
)
def test_the_same_calls_have_the_same_answers(calls: list[Call]) -> None:
    with near_aws.long_way():
        expected = _played(calls)
    for call, short, long in zip(calls, _played(calls), expected, strict=True):
        assert short == long, call
    kinds = {type(answer) for answer in expected}
    assert kinds == {dict, tuple}, "answers and errors, else nothing is shown"


def test_who_listens_to_the_sdk_hears_each_call_and_its_answer() -> None:
    seen: list[str | int] = []
    with _clients() as client:
        events = client("ssm").meta.events
        events.register("provide-client-params", lambda model, **_: seen.append(model.name))
        events.register("after-call", lambda http_response, **_: seen.append(http_response.status_code))
        client("ssm").put_parameter(Name="/stop", Value="run", Type="String")
        with pytest.raises(ClientError, match="ParameterNotFound"):
            client("ssm").get_parameter(Name="/none")
    assert seen == ["PutParameter", 200, "GetParameter", 400]


def test_another_address_than_that_of_aws_is_really_called() -> None:
    with mock_aws():
        client: Any = boto3.client("ssm", region_name=REGION, endpoint_url="http://192.0.2.1")
        with pytest.raises(BaseException, match=r"192\.0\.2\.1"):
            client.get_parameter(Name="/stop")


@contextlib.contextmanager
def _clients() -> Iterator[Callable[[str], Any]]:
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        factory: Any = boto3.client
        return made.setdefault(service, factory(service, region_name=REGION))

    with mock_aws(config={"stepfunctions": {"execute_state_machine": False}}):
        create_table(client("dynamodb"))
        yield client


def _played(calls: list[Call]) -> list[Any]:
    with _clients() as client:
        return [_answer(client(service), operation, asked) for service, operation, asked in calls]


def _answer(client: Any, operation: str, asked: Json) -> Any:
    try:
        return _without_chance(getattr(client, operation)(**asked))
    except ParamValidationError as error:
        return "asked wrongly", str(error)
    except ClientError as error:
        kind = next(cls.__name__ for cls in type(error).__mro__)
        return kind, error.operation_name, _without_chance(error.response)


# What moto draws by chance, and what only a server says.
CHANCE = {
    "ARN", "HTTPHeaders", "RequestId", "MessageId", "ReceiptHandle", "SequenceNumber", "id", "rolloutStateReason",
    "ScalableTargetARN", "SubscriptionArn",
}  # fmt: skip
MOMENTS = {"SentTimestamp", "ApproximateFirstReceiveTimestamp", "CreatedTimestamp", "LastModifiedTimestamp"}


def _without_chance(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: type(one) if name in CHANCE | MOMENTS else _without_chance(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_chance(one) for one in value]
    return type(value) if isinstance(value, datetime) else value

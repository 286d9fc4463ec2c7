"""`make canary` without AWS: refusal, price before anything, judgement of answers, and tidying up whatever happens."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from moto import mock_aws

from local.canary import deployment, judge
from local.canary.__main__ import canary
from local.canary.checks import ONLY_AWS, Result, run, table
from local.canary.target import Target
from responder.config.credential_hosts import refused_address
from responder.config.runbook import with_override

STAGE = {
    "methodSettings": {
        path: {"throttlingRateLimit": float(rate), "throttlingBurstLimit": burst}
        for path, (rate, burst) in judge.THROTTLES.items()
    }
}
UNLIMITED = {"methodSettings": {**STAGE["methodSettings"], "*/*": {"throttlingRateLimit": 10000.0}}}
ARN = "arn:aws:lambda:us-east-1:123456789012:function:open"


class Session:
    region_name = "us-east-1"

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    def client(self, _service: str) -> Any:
        return self

    def get_caller_identity(self) -> dict[str, str]:
        if self._error:
            raise self._error
        return {"Account": "123456789012"}


@pytest.fixture
def deleted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    names: list[str] = []

    def delete(_client: object, name: str) -> list[str]:
        names.append(name)
        return []

    monkeypatch.setattr(deployment, "delete", delete)
    return names


def raising(error: BaseException) -> Callable[..., Any]:
    def raises(*_: object) -> Any:
        raise error

    return raises


def deployed(_client: object, name: str) -> Target:
    return Target(lambda _: None, name, {}, "https://api.example.com", "unused")


def test_the_stand_in_may_receive_the_made_up_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    url, given = "https://abc123.lambda-url.eu-west-1.on.aws", dict[str, str]()
    monkeypatch.setattr(deployment, "_create_stand_in", lambda *_: {"Url": f"{url}/"})

    def sam_deploy(_: str, parameters: dict[str, str]) -> None:
        given.update(parameters)
        raise deployment.CanaryError("far enough")

    with pytest.raises(deployment.CanaryError, match="far enough"):
        deployment.deploy(lambda _: None, "twinmind-canary-1", sam_deploy)
    override = with_override(json.dumps(deployment.override(url)))
    assert refused_address(override, given["CredentialHosts"]) is None
    assert refused_address(override, "") is not None


def test_without_credentials_nothing_is_asked_or_done(capsys: pytest.CaptureFixture[str], deleted: list[str]) -> None:
    never = raising(AssertionError("not without credentials"))
    assert canary(Session(NoCredentialsError()), never, never, never) == 2
    assert "AWS_PROFILE" in capsys.readouterr().err
    assert deleted == []


@pytest.mark.parametrize("answer", ["", "no", "y", "YES"])
def test_the_price_comes_first_and_only_yes_goes_on(
    answer: str, capsys: pytest.CaptureFixture[str], deleted: list[str]
) -> None:
    def ask(_: str) -> str:
        assert "USD" in capsys.readouterr().out
        return answer

    never = raising(AssertionError("nobody said yes"))
    assert canary(Session(), ask, never, never) == 2
    assert deleted == []


@pytest.mark.parametrize("error", [deployment.CanaryError("sam deploy failed"), ClientError({}, "CreateStack")])
def test_a_failed_deployment_is_deleted(error: Exception, deleted: list[str]) -> None:
    assert canary(Session(), lambda _: "yes", raising(error), raising(AssertionError())) == 1
    assert len(deleted) == 1


@pytest.mark.parametrize("when", ["deploying", "checking"])
def test_an_interruption_deletes_too(when: str, deleted: list[str]) -> None:
    interrupted = raising(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        canary(Session(), lambda _: "yes", interrupted if when == "deploying" else deployed, interrupted)
    assert len(deleted) == 1


@pytest.mark.parametrize(("failed", "code"), [(False, 0), (True, 1)])
def test_a_check_that_fails_is_the_exit_code(
    failed: bool, code: int, capsys: pytest.CaptureFixture[str], deleted: list[str]
) -> None:
    def check(*_: object) -> list[Result]:
        return [Result("roles", "a refusal" if failed else "yes", failed)]

    assert canary(Session(), lambda _: "yes", deployed, check) == code
    out = capsys.readouterr().out
    assert ("FAILED" in out) == failed
    assert out.index("roles") < out.index("Deleting") < out.index("Stays in any case")
    assert len(deleted) == 1


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        (judge.throttles(STAGE), judge.throttles(UNLIMITED)),
        (judge.exact_bytes(202, 401), judge.exact_bytes(401, 401)),
        (judge.exact_bytes(200, 401), judge.exact_bytes(202, 202)),
        (judge.queues({"Count": "0"}), judge.queues({"Count": "0"}, {"Count": "1"})),
        (judge.versions(f'{{"Resource": "{ARN}:3"}}'), judge.versions(f'{{"Resource": "{ARN}"}}')),
        (judge.versions(f'{{"Resource": "{ARN}:3"}}'), judge.versions("{}")),
        (judge.absent("the body", [], there=True), judge.absent("the body", ["a line"], there=True)),
        (judge.absent("the body", [], there=True), judge.absent("the body", [], there=False)),
        (judge.traces([{"Id": "1"}], "secret"), judge.traces([{"Document": "?token=secret"}], "secret")),
        (judge.traces([{"Id": "1"}], "secret"), judge.traces([], "secret")),
        (judge.mails([{"Body": "alarm-1 is on"}], "alarm-1"), judge.mails([{"Body": "another"}], "alarm-1")),
        (
            judge.redrive({"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 1}),
            judge.redrive({"Status": "FAILED"}),
        ),
    ],
)
def test_each_check_tells_good_answers_from_bad(good: str | None, bad: str | None) -> None:
    assert good is None
    assert bad


def test_the_cost_is_gigabyte_seconds_requests_and_transitions() -> None:
    reports = [{"metrics": {"billedDurationMs": 2000, "memorySizeMB": 512}}]
    assert judge.cost(reports, 2) == pytest.approx(0.0000133334 + 0.0000002 + 0.00005)


def test_a_check_that_breaks_is_a_line_and_the_others_go_on() -> None:
    client = raising(RuntimeError("no such service"))
    target = Target(client, "stack", {}, "http://127.0.0.1:9", "unused", is_aws=False, patience=0)
    results = run(target, "QCANARY")
    assert len(results) == 12
    assert [result.says for result in results].count(ONLY_AWS) == 6
    assert sum(result.failed for result in results) == 6
    assert len(table(results).splitlines()) == 12


@pytest.mark.parametrize(
    ("kind", "name"), [("AWS::SNS::Topic", "unknown"), ("AWS::Logs::LogGroup", "absent"), ("AWS::S3::Bucket", "absent")]
)
def test_what_cannot_be_deleted_is_said(kind: str, name: str) -> None:
    with mock_aws():
        client: Any = boto3.session.Session("test", "test", region_name="us-east-1").client
        with pytest.raises((ClientError, deployment.CanaryError)):
            deployment._delete_retained(client, kind, name)


class CloudFormation:
    """Knows one stack, which retains a log group and a thing that nobody knows how to delete."""

    def __init__(self, name: str) -> None:
        self.name, self.deleted = name, list[str]()

    def describe_stacks(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        if StackName != self.name:
            error = {"Code": "ValidationError", "Message": f"Stack with id {StackName} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")  # type: ignore[typeddict-item]
        return {"Stacks": [{"StackId": f"id-of-{StackName}"}]}

    def delete_stack(self, *, StackName: str) -> None:  # noqa: N803
        self.deleted.append(StackName)

    def get_waiter(self, _: str) -> Any:
        return SimpleNamespace(wait=lambda **_: None)

    def get_paginator(self, _: str) -> Any:
        kinds = {
            "AWS::Logs::LogGroup": "kept",
            "AWS::SNS::Topic": "unknown",
            "AWS::Lambda::Version": "1",
            "AWS::S3::BucketPolicy": "p",
        }
        found = [
            {"ResourceType": kind, "PhysicalResourceId": name, "ResourceStatus": "DELETE_SKIPPED"}
            for kind, name in kinds.items()
        ]
        gone = {"ResourceType": "AWS::SQS::Queue", "PhysicalResourceId": "gone", "ResourceStatus": "DELETE_COMPLETE"}
        return SimpleNamespace(paginate=lambda **_: [{"StackEvents": [*found, gone]}])


def test_what_a_stack_retains_is_deleted_and_the_rest_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deployment, "LATE_LINE_SECONDS", 0)
    with mock_aws():
        session = boto3.session.Session("test", "test", region_name="us-east-1")
        stacks, logs = CloudFormation("twinmind-canary-1"), session.client("logs")
        logs.create_log_group(logGroupName="kept")
        clients = {"cloudformation": stacks, "logs": logs}
        left = deployment.delete(clients.__getitem__, "twinmind-canary-1")
        assert logs.describe_log_groups()["logGroups"] == []
    assert stacks.deleted == ["id-of-twinmind-canary-1"]
    assert [line.split(": ")[0] for line in left] == ["AWS::SNS::Topic unknown"]


def test_deleting_where_nothing_was_made_leaves_nothing() -> None:
    stacks = CloudFormation("another")
    assert deployment.delete({"cloudformation": stacks}.__getitem__, "twinmind-canary-1") == []
    assert stacks.deleted == []


def test_a_versioned_bucket_goes_with_its_old_versions() -> None:
    with mock_aws():
        client: Any = boto3.session.Session("test", "test", region_name="us-east-1").client
        s3 = client("s3")
        s3.create_bucket(Bucket="kept")
        s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
        for body in (b"old", b"new"):
            s3.put_object(Bucket="kept", Key="report", Body=body)
        s3.delete_object(Bucket="kept", Key="report")
        deployment._delete_retained(client, "AWS::S3::Bucket", "kept")
        assert s3.list_buckets()["Buckets"] == []


def test_a_protected_table_goes_too() -> None:
    with mock_aws():
        client: Any = boto3.session.Session("test", "test", region_name="us-east-1").client
        key: Any = [{"AttributeName": "pk", "KeyType": "HASH"}]
        client("dynamodb").create_table(
            TableName="kept", KeySchema=key, AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True,
        )  # fmt: skip
        deployment._delete_retained(client, "AWS::DynamoDB::Table", "kept")
        assert client("dynamodb").list_tables()["TableNames"] == []

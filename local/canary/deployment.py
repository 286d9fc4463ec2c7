"""Deploys the real template and the stand-in under a name of their own, and deletes both with all that they retain."""

import contextlib
import json
import os
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from local.canary.target import Target
from local.paths import ROOT, tool
from local.process import run

Client = Callable[[str], Any]
# The stack's name and its parameters.
SamDeploy = Callable[[str, dict[str, str]], None]
TEMPLATE = ROOT / "local" / "canary" / "template.yaml"
STAYS = (
    "the bucket of sam (aws-sam-cli-managed-default) with the code of this deployment",
    "for 30 days its traces, for 15 months its metrics; neither costs anything more",
)


# Versions with their function, the policy with its bucket.
GO_WITH_ANOTHER = ("AWS::Lambda::Version", "AWS::S3::BucketPolicy")
LOG_GROUP = "AWS::Logs::LogGroup"
LATE_LINE_SECONDS = 5


class CanaryError(Exception):
    """A deployment failed; the text says what to look at."""


def deploy(client: Client, name: str, sam_deploy: SamDeploy | None = None) -> Target:
    """Builds and deploys the stack and its stand-in, and sets it up as docs/deploy.md says. Some minutes.

    The stand-in comes first: credentials go only to hosts that the stack was deployed with.
    """
    beside = _create_stand_in(client, f"{name}-stand-in")
    url = beside["Url"].rstrip("/")
    # KeepWarm is off: nothing may run but the alert.
    parameters = {"KeepWarm": "no", "LogRetentionDays": "1", "CredentialHosts": urlsplit(url).netloc}
    (sam_deploy or _sam_deploy)(name, parameters)
    outputs = _outputs(client, name)
    client("sns").subscribe(TopicArn=outputs["TopicArn"], Protocol="sqs", Endpoint=beside["MailsArn"])
    secret = _set_up(client, outputs, url)
    return Target(
        client, name, outputs, outputs["WebhookUrl"].removesuffix("/webhooks"), secret,
        mails_url=beside["MailsUrl"], stand_in_logs=beside["StandInLogs"],
    )  # fmt: skip


def _sam_deploy(name: str, parameters: dict[str, str]) -> None:
    _run(["make", "build"])
    given = [f"{parameter}={value}" for parameter, value in parameters.items()]
    how = ["--no-confirm-changeset", "--no-progressbar", "--stack-name", name, "--parameter-overrides", *given]
    _run([tool("sam"), "deploy", *how])


def override(url: str) -> dict[str, Any]:
    """Every address is the stand-in's, and every action only observes."""
    return {
        "endpoints": {
            "twinmind": {"base_url": f"{url}/twinmind"},
            "status_page_url": f"{url}/twinmind-status",
            "service": {"base_url": f"{url}/service"},
        },
        "vendors": {
            "pagerduty": {"api_url": f"{url}/pagerduty", "from_email": "responder@example.com", "bot_user_id": "PBOT"},
            "slack": {"api_url": f"{url}/slack/api", "channel": "C0CANARY01"},
        },
        "modes": dict.fromkeys(("rotate", "restart", "public_notice", "queue", "quota"), "observe"),
    }


def delete(client: Client, name: str) -> list[str]:
    """Deletes both stacks and what the first one retains; → what is left, with the reason. Goes on after a failure."""
    left: list[str] = []
    for stack in (f"{name}-stand-in", name):
        stack_id = _stack_id(client, stack)
        if not stack_id:
            continue
        with _noting(left, f"stack {stack}"):
            client("cloudformation").delete_stack(StackName=stack_id)
            client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=stack_id)
        with _noting(left, f"what stack {stack} retains"):
            pages = client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
            events = [event for page in pages for event in page["StackEvents"]]
            for one in sorted(events, key=lambda event: event["ResourceType"] == LOG_GROUP):
                if one["ResourceStatus"] == "DELETE_SKIPPED":
                    with _noting(left, f"{one['ResourceType']} {one['PhysicalResourceId']}"):
                        _delete_retained(client, one["ResourceType"], one["PhysicalResourceId"])
    return left


def _delete_retained(client: Client, kind: str, name: str) -> None:
    if kind == "AWS::SecretsManager::Secret":
        client("secretsmanager").delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    elif kind == "AWS::DynamoDB::Table":
        _delete_table(client("dynamodb"), name)
    elif kind == LOG_GROUP:
        _delete_log_group(client("logs"), name)
    elif kind == "AWS::S3::Bucket":
        _delete_bucket(client("s3"), name)
    elif kind not in GO_WITH_ANOTHER:
        raise CanaryError("make canary does not know how to delete it; delete it by hand")


def _delete_log_group(logs: Any, name: str) -> None:
    """A function that still runs creates the group again with its last line, so the group is deleted once more."""
    logs.delete_log_group(logGroupName=name)
    time.sleep(LATE_LINE_SECONDS)
    if logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        logs.delete_log_group(logGroupName=name)


def _delete_table(dynamodb: Any, name: str) -> None:
    if dynamodb.describe_table(TableName=name)["Table"].get("DeletionProtectionEnabled"):
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
        dynamodb.get_waiter("table_exists").wait(TableName=name)
    dynamodb.delete_table(TableName=name)


def _delete_bucket(s3: Any, name: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        found = page.get("Versions", []) + page.get("DeleteMarkers", [])
        for each in found:
            s3.delete_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=name)


@contextlib.contextmanager
def _noting(left: list[str], what: str) -> Any:
    try:
        yield
    except (ClientError, BotoCoreError, CanaryError) as error:
        left.append(f"{what}: {error}")


def _stack_id(client: Client, stack: str) -> str | None:
    """None if there is no stack: the work was interrupted before that."""
    try:
        return str(client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackId"])
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _create_stand_in(client: Client, stack: str) -> dict[str, str]:
    text = TEMPLATE.read_text(encoding="utf-8")
    client("cloudformation").create_stack(StackName=stack, TemplateBody=text, Capabilities=["CAPABILITY_IAM"])
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName=stack)
    return _outputs(client, stack)


def _outputs(client: Client, stack: str) -> dict[str, str]:
    found = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def _set_up(client: Client, outputs: dict[str, str], url: str) -> str:
    """→ the secret that the alert is signed with. All values are made up here, for the stand-in."""
    secret = secrets.token_hex(16)
    values = {
        "WebhookSecretArn": json.dumps({"pagerduty": secret}),
        "VendorCredentialsSecretArn": json.dumps({"pagerduty": secrets.token_hex(16), "slack": secrets.token_hex(16)}),
        "TwinMindApiKeySecretArn": secrets.token_hex(16),
    }
    for output, value in values.items():
        client("secretsmanager").put_secret_value(SecretId=outputs[output], SecretString=value)
    parameter = {"Name": outputs["RunbookParameter"], "Value": json.dumps(override(url))}
    client("ssm").put_parameter(**parameter, Type="String", Overwrite=True)
    return secret


def _run(command: list[str]) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    if run(command, clean, quiet=False)[0]:
        raise CanaryError(f"{' '.join(command[:2])} failed; see above")

"""The template as deployed: it answers, every function loads, and its roles are enforced."""

import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from responder.report.signed_link import token_for
from tests.support.deployed import Cloud


def test_a_delivery_without_a_signature_is_refused(cloud: Cloud) -> None:
    assert cloud.request("POST", "/webhooks/pagerduty", body=b"{}").status_code == 401


def test_a_signed_delivery_that_says_nothing_is_ignored(cloud: Cloud) -> None:
    body = json.dumps({"event": {"id": "01", "event_type": "pagey.ping", "data": {"message": "hello"}}}).encode()
    signature = hmac.new(cloud.secret("pagerduty_webhook").encode(), body, hashlib.sha256).hexdigest()
    answer = cloud.request(
        "POST", "/webhooks/pagerduty", body=body, headers={"X-PagerDuty-Signature": f"v1={signature}"}
    )
    assert (answer.status_code, list(answer.json())) == (200, ["ignored"])


def test_reading_incidents_takes_an_identity(cloud: Cloud) -> None:
    assert cloud.request("GET", "/incidents?status=open").status_code == 200
    anonymous = {name: value for name, value in cloud.stack["api_headers"].items() if name != "Authorization"}
    stranger = Cloud(cloud.stack | {"api_headers": anonymous}, cloud.calls_file)
    assert stranger.request("GET", "/incidents?status=open").status_code == 403


def test_a_page_needs_its_signed_link_and_no_identity(cloud: Cloud) -> None:
    """An incident that nobody knows: only a link that is ours is told so."""
    anonymous = {name: value for name, value in cloud.stack["api_headers"].items() if name != "Authorization"}
    stranger = Cloud(cloud.stack | {"api_headers": anonymous}, cloud.calls_file)
    token = token_for("pd-NOBODY", datetime.now(UTC) + timedelta(minutes=5), cloud.secret("page_signing"))
    assert stranger.request("GET", f"/incidents/pd-NOBODY/page?token={token}").status_code == 404
    refused = stranger.request("GET", f"/incidents/pd-NOBODY/page?token={token}x")
    assert (refused.status_code, refused.headers["Cache-Control"]) == (403, "no-store")
    assert cloud.log_lines(token.rsplit(".", 1)[1]) == []


def test_every_function_loads(cloud: Cloud) -> None:
    """Called with nonsense: whatever it then says, its code and its layers were there."""
    broken = {}
    for name in cloud.function_names():
        answer = cloud.aws("lambda").invoke(FunctionName=name, Payload=b"{}")["Payload"].read().decode()
        if "Worker init failed" in answer:
            broken[name] = answer
    assert not broken


def test_a_role_can_do_what_its_policy_says_and_nothing_else(cloud: Cloud) -> None:
    role = next(name for name in _roles(cloud) if "ReceiveWebhook" in name)
    account = cloud.aws("sts").get_caller_identity()["Account"]
    session = cloud.aws("sts").assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="test")
    keys = session["Credentials"]
    secrets = boto3.client(
        "secretsmanager",
        endpoint_url=cloud.stack["endpoint_url"],
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert secrets.get_secret_value(SecretId=cloud.stack["secrets"]["pagerduty_webhook"])["SecretString"]
    with pytest.raises(ClientError, match="AccessDenied"):
        secrets.get_secret_value(SecretId=cloud.stack["secrets"]["twinmind_api_key"])


def test_what_a_function_calls_is_recorded(cloud: Cloud) -> None:
    cloud.request("POST", "/webhooks/opsgenie", body=b"{}", headers={"X-Webhook-Token": "wrong"})
    calls = [call for call in cloud.recorded_calls() if "ReceiveWebhook" in call["function"]]
    secret = ["SecretId", cloud.stack["secrets"]["opsgenie_webhook"]]
    assert [secret] in [call["resources"] for call in calls if call["operation"] == "GetSecretValue"]


def _roles(cloud: Cloud) -> list[str]:
    return [role["RoleName"] for role in cloud.aws("iam").list_roles()["Roles"]]

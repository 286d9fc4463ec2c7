"""`make canary` on the local cloud: a stack and a stand-in of its own, the checks, and both gone afterwards.

What an emulator cannot show is said, and not judged. The stand-in's address leads nowhere here: the sandbox answers.
"""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import deploy, initial_data
from local.canary import deployment
from local.canary.__main__ import canary
from local.canary.checks import ONLY_AWS, Result, run, table
from local.canary.deployment import Client
from local.canary.evidence import SAMPLE
from local.canary.target import Target
from tests.support.deployed import Cloud

RETAINED = ("IncidentTable", "ReportBucket", "WebhookSecret", "FunctionLogs")


def test_the_canary_deploys_checks_and_deletes(
    cloud: Cloud, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint, sandbox = cloud.stack["endpoint_url"], cloud.stack["sandbox_url"]
    seen: dict[str, Any] = {}

    def sam_deploy(name: str, parameters: dict[str, str]) -> None:
        # The sandbox speaks no TLS.
        given = parameters | {"CredentialHosts": f"local,{parameters['CredentialHosts']}"}
        seen["parameters"] = parameters
        deploy.deploy(endpoint, tmp_path / "deploy.log", name, *(f"{each}={text}" for each, text in given.items()))

    def put_up(client: Client, name: str) -> Target:
        target = deployment.deploy(client, name, sam_deploy)
        initial_data.put_override(endpoint, target.outputs["RunbookParameter"], sandbox)
        secret = target.outputs["VendorCredentialsSecretArn"]
        initial_data.put_vendor_credentials(endpoint, secret, cloud.change_world({}), sandbox)
        initial_data.allow_plain_http(endpoint, target.outputs["BucketName"])
        seen["kept"] = {each: target.resource(each) for each in RETAINED}
        headers = {"Host": f"{target.outputs['ApiId']}.execute-api.localhost"}
        return replace(target, api_url=f"{endpoint}/v1", headers=headers, is_aws=False, patience=60)

    def check(target: Target, upstream_id: str) -> list[Result]:
        title = json.loads(SAMPLE.read_text(encoding="utf-8"))["event"]["data"]["title"]
        cloud.change_world({"pagerduty": {"incidents": {upstream_id: {"title": title, "alerts": []}}}})
        seen["results"] = results = run(target, upstream_id)
        return results

    session = SimpleNamespace(client=cloud.aws, region_name="us-east-1")
    exit_code = canary(session, lambda _: "yes", put_up, check)
    said = capsys.readouterr().out
    assert exit_code == 0, said
    assert [result.says for result in seen["results"]] == ["yes"] * 2 + [ONLY_AWS] + ["yes"] * 4 + [ONLY_AWS] * 5
    assert table(seen["results"]) in said
    assert any(entry["vendor"] == "slack" and entry["method"] == "POST" for entry in cloud.journal())
    assert seen["parameters"]["CredentialHosts"].endswith(".on.aws")
    assert_gone(cloud, seen["kept"])


def assert_gone(cloud: Cloud, kept: dict[str, str]) -> None:
    stacks = cloud.aws("cloudformation").list_stacks()["StackSummaries"]
    live = [one["StackName"] for one in stacks if one["StackStatus"] != "DELETE_COMPLETE"]
    assert [name for name in live if "canary" in name] == []
    assert kept["IncidentTable"] not in cloud.aws("dynamodb").list_tables()["TableNames"]
    assert kept["ReportBucket"] not in [one["Name"] for one in cloud.aws("s3").list_buckets()["Buckets"]]
    assert kept["FunctionLogs"] not in [
        one["logGroupName"] for one in cloud.aws("logs").describe_log_groups()["logGroups"]
    ]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        cloud.aws("secretsmanager").describe_secret(SecretId=kept["WebhookSecret"])

"""The checks of `make canary` on the local cloud; what an emulator cannot show is said, and not judged."""

import json

from local.canary.checks import ONLY_AWS, run, table
from local.canary.evidence import SAMPLE
from local.canary.target import Target
from tests.support.deployed import Cloud

UPSTREAM_ID = "QCANARY00000001"


def test_the_canary_holds_on_the_local_cloud(cloud: Cloud) -> None:
    title = json.loads(SAMPLE.read_text(encoding="utf-8"))["event"]["data"]["title"]
    cloud.change_world({"pagerduty": {"incidents": {UPSTREAM_ID: {"title": title, "alerts": []}}}})
    stack = cloud.aws("cloudformation").describe_stacks(StackName=cloud.stack["stack_name"])["Stacks"][0]
    target = Target(
        cloud.aws,
        cloud.stack["stack_name"],
        {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]},
        cloud.stack["api_url"],
        cloud.secret("pagerduty_webhook"),
        headers=cloud.stack["api_headers"],
        patience=60,
    )
    results = run(target, UPSTREAM_ID)
    assert [result for result in results if result.failed] == [], table(results)
    assert [result.says for result in results].count(ONLY_AWS) == 6

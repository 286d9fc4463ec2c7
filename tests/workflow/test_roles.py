"""Least privilege, both ways: each role allows exactly what its function was seen to call, and on which resources."""

import json

import pytest

from responder.domain.diagnosis import Cause
from tests.support import deliveries, doctor, stack
from tests.support.approval_request import answer_every_way
from tests.support.escalation import LEAD_TOPIC, call_by_watch_and_audit
from tests.support.grants import Grant, granted
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.leak_reviews import look_after_keys
from tests.support.notifications import context_at, recent
from tests.support.platform_actions import act_on_every_platform
from tests.support.platforms import look_at_every_platform
from tests.support.recording import Call
from tests.workflow.histories import (
    FAILURES,
    INCIDENT,
    REVOKED,
    STORIES,
    UPSTREAM,
    bad_end,
    fails_once,
    goes_on_in_a_fresh_execution,
    told,
    trigger,
)

# Physical names of the in-process cloud → logical ids of the template.
LOGICAL = {
    SETTINGS["TABLE_NAME"]: "IncidentTable",
    SETTINGS["BUCKET_NAME"]: "ReportBucket",
    SETTINGS["QUEUE_URL"]: "IngestQueue",
    SETTINGS["TOPIC_ARN"]: "PeopleTopic",
    SETTINGS["STAKEHOLDER_TOPIC_ARN"]: "StakeholderTopic",
    LEAD_TOPIC: "escalation topics",
    SETTINGS["STATE_MACHINE_ARN"]: "IncidentStateMachine",
    SETTINGS["RUNBOOK_PARAMETER"]: "RunbookParameter",
    SETTINGS["STOP_PARAMETER"]: "StopParameter",
    SETTINGS["SERVICE_FLAGS_PARAMETER"]: "ServiceFlagsParameter",
    SETTINGS["WEBHOOK_SECRET"]: "WebhookSecret",
    SETTINGS["TWINMIND_API_KEY_SECRET"]: "TwinMindApiKeySecret",
    SETTINGS["TWINMIND_STANDBY_KEYS_SECRET"]: "StandbyKeysSecret",
    SETTINGS["VENDOR_CREDENTIALS_SECRET"]: "VendorCredentialsSecret",
    SETTINGS["PAGE_SIGNING_SECRET"]: "PageSigningSecret",
    SETTINGS["API_URL_PARAMETER"]: "ApiUrlParameter",
    "slack_interaction": "SlackInteractionFunction",
}
# Where IAM calls a service otherwise than its signatures do.
IAM_PREFIXES = {"monitoring": "cloudwatch"}
IAM_NAMES = {"lambda:Invoke": "lambda:InvokeFunction"}
# The one service, cluster and log group that the parameters name, and what cannot be held to a name.
ON = {
    "ecs:DescribeServices": "EcsServiceArn",
    "ecs:UpdateService": "EcsServiceArn",
    "eks:DescribeCluster": "EksClusterArn",
    "lambda:GetFunctionConfiguration": "ConsumerFunctionArns",
    "lambda:ListAliases": "ConsumerFunctionArns",
    "lambda:UpdateFunctionConfiguration": "ConsumerFunctionArns",
    "logs:StartQuery": "ServiceLogGroupArn:*",
    "application-autoscaling:RegisterScalableTarget": "scalable-target/*",
} | dict.fromkeys(
    ("ecs:DescribeTaskDefinition", "ecs:ListTasks", "ecs:DescribeTasks", "logs:GetQueryResults",
     "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms", "application-autoscaling:DescribeScalableTargets"), "*"
)  # fmt: skip
# What Lambda's own poller needs; no function of ours calls it.
POLLER = {("RouteAlertFunction", f"sqs:{name}", "IngestQueue") for name in (
    "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")}  # fmt: skip
# A function's way out when its asynchronous invocation failed for good; Lambda makes the call.
DESTINATIONS = {(name, "sns:publish", "PeopleTopic") for name in (
    "HandOverFunction", "AuditFunction", "ReviewLeakFunction", "TestStandbyKeysFunction", "SlackInteractionFunction",
    "DoctorFunction")} | {("RotateApiKeyFunction", "sns:Publish", "PeopleTopic")}  # fmt: skip

# Signed by us and sent over HTTP, where no recorder of boto3's calls sees it (test_metrics_sources.py does).
SIGNED = {("RunDiagnosticsFunction", "aps:QueryMetrics", "PrometheusWorkspaceArn")}


@pytest.fixture(scope="module")
def called() -> set[Grant]:
    """Every story, and what comes after a failure; stories that were told before are not told again."""
    calls: set[Call] = set().union(*(told(name).aws_calls for name in STORIES | FAILURES))
    for function in ("open_incident", "restart_consumers"):
        with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, REVOKED) as cloud:
            after_a_failure_of(function, cloud)
            calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch) as cloud:
        goes_on_in_a_fresh_execution(cloud)
        deliveries.deliver(cloud, "opsgenie", deliveries.opsgenie("create", "alert-1"))
        deliveries.deliver(cloud, "jsm", deliveries.opsgenie("create", "alert-2"))
        cloud.wait_for("og-alert-1-1")
        cloud.wait_for("jsm-alert-2-1")
        cloud.forget_token(INCIDENT)
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_reopened", UPSTREAM))
        cloud.wait_for(f"{INCIDENT}-3")
        calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        doctor.look_everywhere(cloud)
        calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        answer_every_way(cloud)
        calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        look_at_every_platform(cloud)
        calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        act_on_every_platform(cloud, monkeypatch)
        calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        look_after_keys(cloud, monkeypatch)
        calls |= cloud.calls
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as cloud:
        call_by_watch_and_audit(cloud)
        cloud.change_runbook({"modes": {"restart": "approve"}})
        context_at(recent("pd-QASKS", cause=Cause.KEY_STALE, confidence=0.9))
        asked = cloud.invoke("restart_consumers", {"incident_id": "pd-QASKS", "execution_number": 1, "op": "restart"})
        assert asked["outcome"] == "needs_approval"
        # An event that came while the machine went to sleep: in the stories that is a matter of luck.
        assert cloud.invoke("wait_for_change", {"incident_id": INCIDENT, "seen_seq": 99, "token": "x" * 64}) == {
            "parked": False
        }
        calls |= cloud.calls
    return {grant_of(call) for call in calls}


def after_a_failure_of(function: str, cloud: Cloud) -> None:
    cloud.interfere = fails_once(function)
    name = trigger(cloud)
    cloud.wait_for(name)
    cloud.invoke("hand_over", bad_end(name, "FAILED"))
    cloud.invoke("audit", {})
    cloud.wait_for(name.removesuffix("1") + "2")
    cloud.invoke("read_incidents", {})
    assert cloud.page(INCIDENT)["statusCode"] == 200


def grant_of(call: Call) -> Grant:
    function, service, operation, touched = call
    logical = "".join(word.capitalize() for word in function.split("_")) + "Function"
    action = f"{IAM_PREFIXES.get(service, service)}:{operation}"
    action = IAM_NAMES.get(action, action)
    return logical, action, ON.get(action) or resource_of(operation, dict(json.loads(touched)))


def resource_of(operation: str, touched: dict[str, str]) -> str:
    if "executionArn" in touched:
        return "execution"
    if operation in ("SendTaskSuccess", "LookupEvents"):
        return "*"
    if "Bucket" in touched:
        return f"ReportBucket/{touched['Key'].split('/')[0]}/*"
    (name,) = {touched[key] for key in touched if key not in ("IndexName", "Key")}
    return LOGICAL[name] + (f"/index/{touched['IndexName']}" if "IndexName" in touched else "")


def allowed() -> set[Grant]:
    """Other consumers' ECS services are restarted as the service is."""
    return {(name, action, on.replace("ConsumerEcsServiceArns", "EcsServiceArn")) for name, action, on in granted()}


def test_nothing_is_called_that_the_role_does_not_allow(called: set[Grant]) -> None:
    assert called - allowed() == set()


def test_nothing_is_allowed_that_was_never_called(called: set[Grant]) -> None:
    assert allowed() - called - POLLER - DESTINATIONS - SIGNED == set()


def test_other_consumers_are_for_those_alone_who_restart_them_or_look_before() -> None:
    for parameter in ("ConsumerEcsServiceArns", "ConsumerFunctionArns"):
        functions = {name for name, _, on in granted() if on == parameter}
        assert functions == {"RestartConsumersFunction", "RotateApiKeyFunction", "DoctorFunction"}


def test_the_machine_may_invoke_exactly_its_functions_in_every_version() -> None:
    """Executions that began before a deployment call the versions of that time."""
    machine = stack.source()["Resources"]["IncidentStateMachine"]["Properties"]["DefinitionSubstitutions"]
    role = stack.source()["Resources"]["MachineRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    named = [version["Ref"].removesuffix(".Version") for version in machine.values()]
    assert [arn["Fn::Sub"] for arn in role["Resource"]] == [f"${{{function}.Arn}}:*" for function in named]

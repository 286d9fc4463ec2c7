"""What the template promises: settings, log retention, retained data, the safety net, few and explained wildcards."""

import json
from dataclasses import fields
from typing import Any

import pytest

from responder.actions.holds import LEASE
from responder.adapters.settings import Settings
from responder.telling.figures import figures
from responder.telling.story import Story
from tests.support import stack
from tests.support.inprocess import FUNCTIONS
from tests.support.telling import a_situation, an_incident
from tests.template.test_machine import TASKS

# Attached by SAM to every role it makes. Their wildcards: log streams, X-Ray (which knows no resources), and network
# interfaces in a VPC (created before anything could be named).
MANAGED = {
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
    "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole",
}
WILDCARDS = {
    # The request names no resource but the task token (docs/decisions.md).
    "RouteAlertFunctionRole": {"states:SendTaskSuccess"},
    "WaitForChangeFunctionRole": {"states:SendTaskSuccess"},
    "SlackInteractionFunctionRole": {"states:SendTaskSuccess"},
    "DecideFunctionRole": {"states:SendTaskSuccess"},
    # Tasks have no names to hold it to; metrics have no resources; a query of logs is known by its id alone.
    "RunDiagnosticsFunctionRole": {
        "ecs:ListTasks", "ecs:DescribeTasks", "cloudwatch:GetMetricData", "cloudwatch:DescribeAlarms",
        "logs:GetQueryResults",
    },
    # Neither knows any resource (service authorization reference, Amazon ECS and Application Auto Scaling).
    "TakeActionFunctionRole": {"ecs:DescribeTaskDefinition", "application-autoscaling:DescribeScalableTargets"},
    # LookupEvents has no resource types (service authorization reference, CloudTrail).
    "ReviewLeakFunctionRole": {"cloudtrail:LookupEvents"},
    # Step Functions' log delivery and X-Ray have no resource types (Step Functions developer guide).
    "MachineRole": {
        "logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
        "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
        "xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
    },
}  # fmt: skip
RETAINED = {"AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup"}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    found = [item for policy in role.get("Policies", []) for item in policy["PolicyDocument"]["Statement"]]
    return [item.get("Fn::If", [None, item])[1] for item in found]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_settings_are_exactly_the_variables_of_the_template() -> None:
    declared = set(stack.source()["Globals"]["Function"]["Environment"]["Variables"])
    read = {field.name.upper() for field in fields(Settings)}
    assert declared - {"POWERTOOLS_SERVICE_NAME", "AWS_ENDPOINT_URL"} == read
    own = {name for name, each in stack.resources("AWS::Serverless::Function").items() if "Environment" in each}
    assert own == set()


def test_every_folder_is_a_function_of_the_template() -> None:
    logical = {"".join(word.capitalize() for word in name.split("_")) + "Function" for name in FUNCTIONS}
    assert stack.resources("AWS::Lambda::Function").keys() == logical


@pytest.mark.parametrize("name", stack.resources("AWS::IAM::Role"))
def test_wildcards_are_the_listed_ones(name: str) -> None:
    role = stack.resources("AWS::IAM::Role")[name]
    assert {arn for arn in role.get("ManagedPolicyArns", []) if isinstance(arn, str)} <= MANAGED
    wild = {
        action
        for statement in statements(role)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert wild == WILDCARDS.get(name, set())
    assert not [action for statement in statements(role) for action in listed(statement["Action"]) if "*" in action]


def test_what_is_remembered_outlives_the_stack() -> None:
    found = stack.expanded()["Resources"].items()
    lost = [
        name for name, resource in found if resource["Type"] in RETAINED and resource.get("DeletionPolicy") != "Retain"
    ]
    assert lost == []


def test_the_table_is_on_demand_encrypted_and_can_be_restored() -> None:
    table = stack.resources("AWS::DynamoDB::Table")["IncidentTable"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_what_anybody_may_call_is_throttled_and_everything_is_traced() -> None:
    stage = next(iter(stack.resources("AWS::ApiGateway::Stage").values()))
    limits = {one["ResourcePath"]: one["ThrottlingRateLimit"] for one in stage["MethodSettings"]}
    assert limits["/webhooks/{source}"] > 0
    assert limits["/slack/interactions"] > 0
    assert stage["TracingEnabled"] is True
    machine = stack.resources("AWS::StepFunctions::StateMachine")["IncidentStateMachine"]
    assert machine["TracingConfiguration"] == {"Enabled": True}
    assert all(one["TracingConfig"] == {"Mode": "Active"} for one in stack.resources("AWS::Lambda::Function").values())


def test_every_log_group_has_a_retention_and_every_function_writes_json_to_it() -> None:
    assert all("RetentionInDays" in group for group in stack.resources("AWS::Logs::LogGroup").values())
    configured = [each["LoggingConfig"] for each in stack.resources("AWS::Lambda::Function").values()]
    assert all(one == {"LogFormat": "JSON", "LogGroup": {"Ref": "FunctionLogs"}} for one in configured)


def test_execution_data_is_not_logged() -> None:
    machine = stack.resources("AWS::StepFunctions::StateMachine")["IncidentStateMachine"]
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_every_alarm_and_every_bad_end_reaches_people() -> None:
    alarms = stack.resources("AWS::CloudWatch::Alarm")
    assert len(alarms) >= 6
    assert all(alarm["AlarmActions"] == [{"Ref": "PeopleTopic"}] for alarm in alarms.values())
    rule = stack.resources("AWS::Events::Rule")["BadEndRule"]
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert {"Ref": "PeopleTopic"} in [target["Arn"] for target in rule["Targets"]]
    assert all("StakeholderTopic" not in str(one) for one in (alarms, rule))


def test_mail_is_subscribed_to_only_where_an_address_is_given() -> None:
    wanted = {
        "PeopleTopic": ("HasAlarmEmail", "AlarmEmail"),
        "StakeholderTopic": ("HasStakeholderEmail", "StakeholderEmail"),
    }
    found = {
        resource["Properties"]["TopicArn"]["Ref"]: (resource["Condition"], resource["Properties"]["Endpoint"]["Ref"])
        for resource in stack.source()["Resources"].values()
        if resource["Type"] == "AWS::SNS::Subscription"
    }
    assert found == wanted
    assert {stack.source()["Parameters"][parameter]["Default"] for _, parameter in wanted.values()} == {""}


def test_the_dashboard_shows_every_figure_of_the_report_as_a_distribution() -> None:
    body = stack.source()["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = {widget["properties"].get("stat"): str(widget) for widget in json.loads(body)["widgets"]}
    names = {figure.metric for figure in figures(Story(a_situation(an_incident()), (), (), ()))}
    assert len(names) == 6
    for stat in ("p50", "p90"):
        assert all(f"'{name}'" in shown[stat] for name in names)


def test_the_token_of_a_page_is_logged_by_no_stage() -> None:
    """The query string would be in an access log, and in the data trace of an execution log."""
    stage = next(iter(stack.resources("AWS::ApiGateway::Stage").values()))
    assert "AccessLogSetting" not in stage
    assert not any("LoggingLevel" in one or one.get("DataTraceEnabled") for one in stage["MethodSettings"])


def test_only_what_proves_itself_by_a_signature_needs_no_identity() -> None:
    body = stack.resources("AWS::ApiGateway::RestApi")["Api"]["Body"]
    open_routes = [
        (path, method)
        for path, methods in body["paths"].items()
        for method, definition in methods.items()
        if method != "options" and not definition.get("security")
    ]
    assert sorted(open_routes) == [
        ("/incidents/{id}/page", "get"),
        ("/slack/interactions", "post"),
        ("/webhooks/{source}", "post"),
    ]


def test_the_queue_waits_longer_than_its_consumer_may_take() -> None:
    queue = stack.resources("AWS::SQS::Queue")["IngestQueue"]
    consumer = stack.resources("AWS::Lambda::Function")["RouteAlertFunction"]
    assert queue["VisibilityTimeout"] >= 6 * consumer["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] > 1


def test_every_function_ends_before_the_state_that_waits_for_it() -> None:
    timeouts = {name: each["Timeout"] for name, each in stack.resources("AWS::Lambda::Function").items()}
    for name, state in TASKS.items():
        if name.startswith("WaitFor"):
            continue
        function = state["Arguments"]["FunctionName"].rsplit(":", 1)[-1]
        logical = "".join(word.capitalize() for word in function.split("_")).removesuffix("FunctionArn}").strip("${")
        assert timeouts[f"{logical.removesuffix('Function')}Function"] < state["TimeoutSeconds"], name


def test_no_function_that_switches_lives_longer_than_its_lease() -> None:
    function = stack.resources("AWS::Lambda::Function")["TakeActionFunction"]
    assert function["Timeout"] < LEASE.total_seconds()

"""What the template promises: settings, log retention, retained data, the safety net, few and explained wildcards."""

import json
import re
import tomllib
from dataclasses import fields
from typing import Any

import pytest

from responder.aws.override_table import LEASE
from responder.config.settings import Settings
from responder.report.figures import figures
from responder.workflow.deadlines import SHORTEST_IN_CLASSIFY
from tests.support import stack
from tests.support.grants import granted
from tests.support.inprocess import FUNCTIONS, ROOT
from tests.support.notifications import a_situation, an_incident
from tests.template.test_machine import CALLBACKS, TASKS

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
    "ClassifyIncidentFunctionRole": {"states:SendTaskSuccess"},
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
RETAINED = {
    "AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SecretsManager::Secret",
    "AWS::Logs::LogGroup",
}  # fmt: skip
# Most characters of a name that is written out. What is retained, or lingers, must not block the same stack again.
LIMITS = {
    "AWS::Lambda::Function": {"FunctionName": 64},
    "AWS::StepFunctions::StateMachine": {"StateMachineName": 80},
    "AWS::Logs::LogGroup": {"LogGroupName": 512},
    "AWS::SSM::Parameter": {"Name": 1011},
    "AWS::CloudWatch::Dashboard": {"DashboardName": 255},
}
NAMES = {
    "AWS::Lambda::Function": ["FunctionName"],
    "AWS::StepFunctions::StateMachine": ["StateMachineName"],
    "AWS::Logs::LogGroup": ["LogGroupName"],
    "AWS::DynamoDB::Table": ["TableName"],
    "AWS::S3::Bucket": ["BucketName"],
    "AWS::SecretsManager::Secret": ["Name"],
    "AWS::IAM::Role": ["RoleName"],
}


READS_CREDENTIALS = ("secretsmanager:GetSecretValue", "VendorCredentialsSecret")


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


def test_what_is_remembered_outlives_the_stack_and_a_failed_first_deployment_leaves_nothing() -> None:
    found = [each for each in stack.expanded()["Resources"].values() if each["Type"] in RETAINED]
    policies = {(each.get("DeletionPolicy"), each.get("UpdateReplacePolicy")) for each in found}
    assert policies == {("RetainExceptOnCreate", "Retain")}
    assert {each["Type"] for each in found} == RETAINED


def test_no_name_is_one_that_a_leftover_of_a_deleted_stack_can_hold() -> None:
    """Retained things, and a machine that is being deleted, keep their names. A stack's id never comes again."""
    named = {
        name: json.dumps(resource["Properties"][key])
        for name, resource in stack.expanded()["Resources"].items()
        for key in NAMES.get(resource["Type"], ())
        if key in resource["Properties"]
    }
    assert named.keys() == {"MachineLogs", "IncidentStateMachine", "DecideFunction", "SlackInteractionFunction"}
    assert all("${StackUuid}" in name and "AWS::StackId" in name for name in named.values())


def test_every_written_out_name_fits_for_the_longest_name_of_a_stack() -> None:
    """128 characters (CreateStack); the limits are those of the services' API references."""
    long, uuid = "s" * 128, "12345678-1234-1234-1234-123456789012"
    for resource in stack.expanded()["Resources"].values():
        for key, most in LIMITS.get(resource["Type"], {}).items():
            if key in resource["Properties"]:
                text = resource["Properties"][key]["Fn::Sub"]
                text = text if isinstance(text, str) else text[0]
                name = text.replace("${AWS::StackName}", long).replace("${StackUuid}", uuid)
                assert len(name.replace("${AWS::Region}", "ap-southeast-99")) <= most, resource["Type"]


def test_nobody_can_delete_the_table_once_a_parameter_says_so() -> None:
    """Not from the start: CloudFormation could not roll back a first deployment that fails (docs/decisions.md)."""
    table = stack.resources("AWS::DynamoDB::Table")["IncidentTable"]
    assert table["DeletionProtectionEnabled"] == {"Ref": "TableDeletionProtection"}
    assert stack.source()["Parameters"]["TableDeletionProtection"]["Default"] == "false"


@pytest.mark.parametrize(("region", "accepted"), [("eu-west-1", True), ("us-east-1", False)])
def test_a_secret_of_another_region_ends_the_deployment(region: str, accepted: bool) -> None:
    secret = f"arn:aws:secretsmanager:{region}:111122223333:secret:twinmind-api-key-AbCdEf"
    guard = stack.resources("AWS::SSM::Parameter")["ApiKeySecretIsInThisRegion"]
    assert guard["Value"] == {"Fn::If": ["CreatesApiKeySecret", "none", {"Ref": "TwinMindApiKeySecretArn"}]}
    pattern = (
        guard["AllowedPattern"]["Fn::Sub"].replace("${AWS::Partition}", "aws").replace("${AWS::Region}", "eu-west-1")
    )
    assert bool(re.search(pattern, secret)) is accepted
    assert re.search(pattern, "none")
    given = stack.source()["Parameters"]["TwinMindApiKeySecretArn"]["AllowedPattern"]
    assert re.search(given, secret)
    assert re.search(given, "")
    assert not re.search(given, "twinmind-api-key")


def test_the_page_on_security_says_how_many_functions_read_the_vendors_credentials() -> None:
    readers = {name for name, action, of in granted() if (action, of) == READS_CREDENTIALS}
    counted = f"{len(readers)} of the {len(FUNCTIONS)}"
    for page in ("SECURITY.md", "docs/adr/0024-one-secret-for-vendor-credentials.md"):
        assert counted in (ROOT / page).read_text(encoding="utf-8")
    assert not readers & {"ReceiveWebhookFunction", "DecideFunction", "IncidentPageFunction", "WaitForChangeFunction"}


def test_reports_are_read_and_written_over_tls_only() -> None:
    policy = stack.resources("AWS::S3::BucketPolicy")["ReportBucketPolicy"]["PolicyDocument"]["Statement"]
    assert [(one["Effect"], one["Principal"], one["Action"]) for one in policy] == [("Deny", "*", "s3:*")]
    assert policy[0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_key_of_kms_is_used_through_secrets_manager_only() -> None:
    found = [
        statement
        for role in stack.resources("AWS::IAM::Role").values()
        for statement in statements(role)
        if any(action.startswith("kms:") for action in listed(statement["Action"]))
    ]
    assert len(found) == 6
    through = {"Fn::Sub": "secretsmanager.${AWS::Region}.${AWS::URLSuffix}"}
    assert all(one["Condition"] == {"StringEquals": {"kms:ViaService": through}} for one in found)


def test_step_functions_takes_its_role_for_machines_of_this_account_only() -> None:
    (trust,) = stack.resources("AWS::IAM::Role")["MachineRole"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"]["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
    assert trust["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"].endswith(":${AWS::AccountId}:stateMachine:*")


def test_every_role_is_bounded_where_the_account_asks_for_it() -> None:
    bounds = [each.get("PermissionsBoundary") for each in stack.resources("AWS::IAM::Role").values()]
    bounded = {"Fn::If": ["HasPermissionsBoundary", {"Ref": "PermissionsBoundaryArn"}, {"Ref": "AWS::NoValue"}]}
    assert all(bound == bounded for bound in bounds)


def test_every_resource_that_is_deployed_is_tagged() -> None:
    """A stack's tags go to every resource that can have some (CloudFormation, "Resource tags")."""
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    assert "application=twinmind-responder" in settings["default"]["deploy"]["parameters"]["tags"]


def test_the_table_is_on_demand_encrypted_and_can_be_restored() -> None:
    table = stack.resources("AWS::DynamoDB::Table")["IncidentTable"]
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["SSESpecification"] == {"SSEEnabled": True}


def test_what_anybody_may_call_is_throttled() -> None:
    """In the path of a setting each slash but the first is ~1 (AWS::ApiGateway::Stage MethodSetting)."""
    stage = next(iter(stack.resources("AWS::ApiGateway::Stage").values()))
    limits = {(one["ResourcePath"], one["HttpMethod"]): one["ThrottlingRateLimit"] for one in stage["MethodSettings"]}
    body = stack.resources("AWS::ApiGateway::RestApi")["Api"]["Body"]
    open_routes = {
        ("/" + path.replace("/", "~1"), method.upper())
        for path, methods in body["paths"].items()
        for method, definition in methods.items()
        if not definition.get("security")
    }
    assert len(open_routes) == 3
    assert limits.keys() == open_routes | {("/*", "*")}
    assert all(limit > 0 for limit in limits.values())


def test_an_alert_is_traced_from_its_receipt_and_nothing_that_a_schedule_calls() -> None:
    modes = {name: one["TracingConfig"]["Mode"] for name, one in stack.resources("AWS::Lambda::Function").items()}
    assert {name for name, mode in modes.items() if mode == "Active"} == {"ReceiveWebhookFunction"}
    assert set(modes.values()) == {"Active", "PassThrough"}
    machine = stack.resources("AWS::StepFunctions::StateMachine")["IncidentStateMachine"]
    assert machine["TracingConfiguration"] == {"Enabled": True}


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
    # What anybody can set off goes to operators, and by rate; all else to those on call.
    by_rate = {name for name, alarm in alarms.items() if alarm["AlarmActions"] == [{"Ref": "OperatorsTopic"}]}
    assert by_rate == {"UnauthenticatedWebhookAlarm", "UnauthenticatedSlackAlarm", "WrongTokenAlarm"}
    # A wrong token may be a lost alert: a few are enough, once an hour.
    few = alarms["WrongTokenAlarm"]
    assert (few["Threshold"], few["Period"]) == (5, 3600)
    assert all(alarms[name]["Threshold"] / alarms[name]["Period"] >= 10 / 60 for name in by_rate - {"WrongTokenAlarm"})
    others = [alarm for name, alarm in alarms.items() if name not in by_rate]
    assert all(alarm["AlarmActions"] == [{"Ref": "PeopleTopic"}] for alarm in others)
    rule = stack.resources("AWS::Events::Rule")["BadEndRule"]
    assert rule["EventPattern"]["detail"]["status"] == ["FAILED", "TIMED_OUT", "ABORTED"]
    assert {"Ref": "PeopleTopic"} in [target["Arn"] for target in rule["Targets"]]
    assert all("StakeholderTopic" not in str(one) for one in (alarms, rule))


def test_what_a_rule_or_itself_calls_tells_people_when_it_fails_for_good() -> None:
    """Lambda looks for the configuration under the qualifier that was called: an alias, or $LATEST without one."""
    told = {
        (each["FunctionName"]["Ref"], each["Qualifier"]): each["DestinationConfig"]["OnFailure"]["Destination"]
        for each in stack.resources("AWS::Lambda::EventInvokeConfig").values()
    }
    rules = {name: each for name, each in stack.resources("AWS::Events::Rule").items() if not name.endswith("KeepWarm")}
    arns = [target["Arn"] for rule in rules.values() for target in rule["Targets"]]
    called = {
        (arn["Fn::GetAtt"][0], "$LATEST") if "Fn::GetAtt" in arn else (arn["Ref"].removesuffix("Aliaslive"), "live")
        for arn in arns
        if arn != {"Ref": "PeopleTopic"}
    }
    assert ("RotateApiKeyFunction", "$LATEST") in called
    itself = {("SlackInteractionFunction", "$LATEST")}
    assert told == {each: {"Ref": "PeopleTopic"} for each in called | itself}


def test_no_alarm_goes_off_in_a_new_stack() -> None:
    """Without any data yet: `missing` is INSUFFICIENT_DATA, in which an alarm begins, so that only a change is told."""
    alarms = stack.resources("AWS::CloudWatch::Alarm").values()
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"notBreaching", "ignore", "missing"}
    told = [alarm for alarm in alarms if alarm["TreatMissingData"] == "missing"]
    assert len(told) == 2
    assert all(alarm["InsufficientDataActions"] == [{"Ref": "PeopleTopic"}] for alarm in told)


def test_mail_is_subscribed_to_only_where_an_address_is_given() -> None:
    wanted = {
        "PeopleTopic": ("HasAlarmEmail", "AlarmEmail"),
        "OperatorsTopic": ("HasOperatorsEmail", "OperatorsEmail"),
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
    body = stack.source()["Resources"]["IncidentDashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    shown = {widget["properties"].get("stat"): str(widget) for widget in json.loads(body)["widgets"]}
    names = {figure.metric for figure in figures(a_situation(an_incident()))}
    assert len(names) == 6
    for stat in ("p50", "p90"):
        assert all(f"'{name}'" in shown[stat] for name in names)


def test_the_token_of_a_page_is_logged_and_traced_by_no_stage() -> None:
    """The query string would be in an access log, in the data trace of an execution log, and in a segment of X-Ray."""
    stage = next(iter(stack.resources("AWS::ApiGateway::Stage").values()))
    assert "AccessLogSetting" not in stage
    assert not any("LoggingLevel" in one or one.get("DataTraceEnabled") for one in stage["MethodSettings"])
    assert stage["TracingEnabled"] is False


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
        if name in CALLBACKS and name != "ClassifyIncident":
            continue
        function = state["Arguments"]["FunctionName"].rsplit(":", 1)[-1]
        logical = "".join(word.capitalize() for word in function.split("_")).removesuffix("FunctionArn}").strip("${")
        # A wait's time-out only looks again; ClassifyIncident's, too, so that its function must have ended before.
        limit = SHORTEST_IN_CLASSIFY.total_seconds() if name in CALLBACKS else state["TimeoutSeconds"]
        assert timeouts[f"{logical.removesuffix('Function')}Function"] < limit, name


def test_no_function_that_switches_lives_longer_than_its_lease() -> None:
    function = stack.resources("AWS::Lambda::Function")["TakeActionFunction"]
    assert function["Timeout"] < LEASE.total_seconds()


def test_each_topic_and_log_group_takes_a_key_of_the_customer_and_the_page_names_who_must_use_it() -> None:
    """Without those statements in the key's policy, alarms and failures would be mailed to nobody, in silence."""
    own = {"Fn::If": ["HasDataKey", {"Ref": "DataKmsKeyArn"}, {"Ref": "AWS::NoValue"}]}
    assert [one["KmsMasterKeyId"] for one in stack.resources("AWS::SNS::Topic").values()] == [own] * 3
    assert [one["KmsKeyId"] for one in stack.resources("AWS::Logs::LogGroup").values()] == [own] * 2
    publishers = {
        one["Principal"]["Service"]
        for policy in stack.resources("AWS::SNS::TopicPolicy").values()
        for one in policy["PolicyDocument"]["Statement"]
    }
    page = (ROOT / "docs/tasks/own-key.md").read_text(encoding="utf-8")
    policy = json.loads(page.partition("```json\n")[2].partition("```")[0])
    services = {one for each in policy["Statement"] for one in each["Principal"].get("Service", [])}
    assert publishers == {"cloudwatch.amazonaws.com", "events.amazonaws.com"}
    assert publishers <= services
    assert policy["Statement"][2]["Principal"]["Service"].startswith("logs.")

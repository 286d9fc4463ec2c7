"""What the linters say of the template and is right all the same, each with the reason. Reviewed one by one.

A line that nothing needs any more fails the test, so that the list stays short.
"""

import re
from typing import NamedTuple

AWS_KEY = "encrypted under AWS's own key; one of our own costs $1 a month and can lock us out"


class Accepted(NamedTuple):
    """`where`: a regular expression on the resource or policy that the tool names."""

    tool: str
    rule: str
    where: str
    why: str


ACCEPTED = [
    Accepted(
        "parliament",
        "NO_VERSION",
        r".*FunctionRole\..*|MachineRole\..*",
        "SAM writes none; the newer version adds variables, and a test sees that no policy uses one",
    ),
    Accepted(
        "parliament",
        "RESOURCE_MISMATCH",
        r"(RouteAlert|Audit)FunctionRole\..*",
        "DescribeExecution of standard executions, which is what the machine is; parliament asks for express ones too",
    ),
    Accepted(
        "parliament",
        "PERMISSIONS_MANAGEMENT_ACTIONS",
        r"MachineRole\..*",
        "log delivery: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html names these actions, on *",
    ),
    Accepted(
        "parliament",
        "RESOURCE_STAR",
        r"RunDiagnosticsFunctionRole\..*",
        "reads whose names are known only at run time: tasks of the service, alarms of others, answers of a query",
    ),
    Accepted("cfn-lint", "W2001", r"PagerDutySources", "SAM puts its value into the policy of the API"),
    Accepted(
        "parliament",
        "INVALID_ARN",
        r"Api\.Body\..*",
        "execute-api:/stage/method/path is the short form for an API's own policy; API Gateway writes the rest",
    ),
    Accepted("parliament", "MISMATCHED_TYPE", r"Api\.Body\..*", "it does not know ::/0, every IPv6 address"),
    Accepted("cfn-lint", "I3042", r"\w+Permissionv1|Api", "written by SAM"),
    Accepted("cfn-lint", "I1022", r"DeployedWith", "a matter of style"),
    Accepted("cfn-lint", "I3011", r"IngestQueue|IngestDeadLetters", "holds alerts for seconds"),
    Accepted("cfn-lint", "I4010", r".*", "the template's sections explain themselves in comments"),
    Accepted("checkov", "CKV_AWS_27", r"AWS::SQS::Queue\..*", "SQS encrypts under its own key by default"),
    Accepted("checkov", "CKV_AWS_119", r"AWS::DynamoDB::Table\..*", AWS_KEY),
    Accepted("checkov", "CKV_AWS_149", r"AWS::SecretsManager::Secret\..*", AWS_KEY),
    Accepted("checkov", "CKV_AWS_173", r"AWS::Lambda::Function\..*", "names of resources only, no secret"),
    Accepted("checkov", "CKV_AWS_18", r"AWS::S3::Bucket\.ReportBucket", "no access from outside"),
    Accepted(
        "checkov",
        "CKV_AWS_116",
        r"AWS::Lambda::Function\..*",
        "asynchronous functions have a destination for failures; the others have callers who hear of them",
    ),
    Accepted("checkov", "CKV_AWS_117", r"AWS::Lambda::Function\..*", "in a VPC are those that reach private addresses"),
    Accepted(
        "checkov",
        "CKV_AWS_115",
        r"AWS::Lambda::Function\..*",
        "the stage's throttle limits calls from outside; reserved concurrency is taken from what the account has",
    ),
    Accepted("checkov", "CKV_AWS_73", r".*Stage", "a trace keeps whole URLs, and the page's token stands in one"),
    Accepted("checkov", "CKV_AWS_76", r".*Stage", "needs a role of the whole account, which is no stack's"),
    Accepted("checkov", "CKV_AWS_120", r".*Stage", "an alert must never be answered from a cache"),
]  # fmt: skip


def left(tool: str, findings: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """(rule, where, message) of what is not accepted; and the lines of the list that accepted nothing."""
    mine = [one for one in ACCEPTED if one.tool == tool]
    used: set[Accepted] = set()
    remaining = []
    for rule, where, message in findings:
        fitting = [one for one in mine if one.rule == rule and re.fullmatch(one.where, where)]
        used |= set(fitting)
        remaining += [] if fitting else [(rule, where, message)]
    return remaining + [(one.rule, one.where, "accepts nothing: remove the line") for one in mine if one not in used]

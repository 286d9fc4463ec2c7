"""Limits that AWS documents and no model of botocore holds, for each call that the product makes."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

DOCS = "https://docs.aws.amazon.com"
_ALLOWED_BY_XML = re.compile("[\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]*")
_VISIBLE_ASCII = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True)
class Limit:
    """`holds` says whether a call with these parameters keeps to it."""

    call: str
    what: str
    source: str
    overrides: Callable[[dict[str, Any]], bool]


def size(text: str) -> int:
    return len(text.encode())


def item_size(item: dict[str, Any]) -> int:
    """An upper bound: DynamoDB counts names and values; this counts the marks of its JSON too."""
    return size(json.dumps(item, ensure_ascii=False))


def key_fits(holder: dict[str, Any]) -> bool:
    """The table's key, and that of its index where the item has one: no empty text."""
    found = {name: holder[name].get("S", "") for name in ("pk", "sk", "standing", "started_at") if name in holder}
    return all(1 <= size(text) <= (2048 if name in ("pk", "standing") else 1024) for name, text in found.items())


def expressions_fit(params: dict[str, Any]) -> bool:
    return all(1 <= size(value) <= 4096 for name, value in params.items() if name.endswith("Expression"))


def uses_all_it_names(params: dict[str, Any]) -> bool:
    """Each `:value` and `#name` that is given stands in an expression, and the other way round."""
    text = " ".join(value for name, value in params.items() if name.endswith("Expression"))
    given = {*params.get("ExpressionAttributeValues", {}), *params.get("ExpressionAttributeNames", {})}
    return given == set(re.findall(r"[:#]\w+", text))


def no_value_is_compared_with_itself(params: dict[str, Any]) -> bool:
    return not re.search(r"([:#]?\b\w+)\s*(=|<>|<|>)\s*\1(?!\w)", params.get("ConditionExpression", ""))


def deep(value: Any) -> int:
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(deep, members), default=0)


DYNAMODB = f"{DOCS}/amazondynamodb/latest/developerguide/Constraints.html"
SSM = f"{DOCS}/systems-manager/latest/APIReference/API_PutParameter.html"
LIMITS = [
    *(
        limit
        for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")
        for limit in (
            Limit(f"dynamodb:{name}", "an expression has at most 4 KB", DYNAMODB, expressions_fit),
            Limit(
                f"dynamodb:{name}",
                "every value and name that is given is used",
                f"{DOCS}/amazondynamodb/latest/developerguide/Expressions.ExpressionAttributeValues.html",
                uses_all_it_names,
            ),
            Limit(
                f"dynamodb:{name}",
                # DynamoDB is known to refuse it of attributes ("The first operand must be distinct …").
                "nothing is compared with itself",
                "https://github.com/architect/dynalite/blob/main/db/conditionParser.pegjs",
                no_value_is_compared_with_itself,
            ),
        )
    ),
    Limit(
        "dynamodb:PutItem",
        "partition keys have 1 to 2,048 bytes, sort keys 1 to 1,024, an index's too",
        DYNAMODB,
        lambda params: key_fits(params["Item"]),
    ),
    *(
        Limit(f"dynamodb:{name}", "keys have 1 to 2,048 and 1 to 1,024 bytes", DYNAMODB, lambda p: key_fits(p["Key"]))
        for name in ("GetItem", "UpdateItem", "DeleteItem")
    ),
    Limit("dynamodb:PutItem", "an item has at most 400 KB", DYNAMODB, lambda p: item_size(p["Item"]) <= 400 * 1024),
    # Each level of the data is two of its JSON: {"M": {…}}.
    Limit("dynamodb:PutItem", "at most 32 levels", DYNAMODB, lambda p: deep(p["Item"]) <= 2 * 32),
    Limit(
        "sns:Publish",
        "a subject has fewer than 100 characters, no line break and no control character",
        f"{DOCS}/sns/latest/api/API_Publish.html",
        lambda p: "Subject" not in p or (1 <= len(p["Subject"]) < 100 and p["Subject"].isprintable()),
    ),
    Limit(
        "sns:Publish",
        "a message has 1 to 262,144 bytes",
        f"{DOCS}/sns/latest/api/API_Publish.html",
        lambda p: 1 <= size(p["Message"]) <= 262_144,
    ),
    Limit(
        "sqs:SendMessage",
        "a body has 1 to 1,048,576 bytes, of the characters that XML allows",
        f"{DOCS}/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html",
        lambda p: 1 <= size(p["MessageBody"]) <= 1_048_576 and bool(_ALLOWED_BY_XML.fullmatch(p["MessageBody"])),
    ),
    Limit(
        "sqs:SendMessage",
        "a FIFO queue's group and deduplication id have 1 to 128 letters, digits and punctuation marks",
        f"{DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
        lambda p: all(_VISIBLE_ASCII.fullmatch(p[name]) for name in ("MessageGroupId", "MessageDeduplicationId")),
    ),
    Limit(
        "ssm:PutParameter",
        "a standard parameter has at most 4 KB, an advanced one 8 KB, and no {{…}}",
        SSM,
        lambda p: (
            size(p["Value"]) <= (4096 if p.get("Tier", "Standard") == "Standard" else 8192) and "{{" not in p["Value"]
        ),
    ),
    Limit(
        "ssm:PutParameter",
        "a name has letters, digits and .-_/ in at most 15 levels, and does not begin with aws or ssm",
        SSM,
        lambda p: (
            bool(re.fullmatch(r"(?!/?(aws|ssm))[\w.\-/]+", p["Name"], re.ASCII | re.IGNORECASE))
            and p["Name"].count("/") <= 15
        ),
    ),
    Limit(
        "stepfunctions:StartExecution",
        "an execution is logged where its name has only letters, digits, - and _",
        f"{DOCS}/step-functions/latest/apireference/API_StartExecution.html",
        lambda p: bool(re.fullmatch(r"[A-Za-z0-9_-]{1,80}", p["name"])),
    ),
    Limit(
        "s3:PutObject",
        "a key has 1 to 1,024 bytes, of those that need no special handling",
        f"{DOCS}/AmazonS3/latest/userguide/object-keys.html",
        lambda p: bool(re.fullmatch(r"[A-Za-z0-9/!_.*'()-]{1,1024}", p["Key"])),
    ),
    Limit(
        "secretsmanager:PutSecretValue",
        "a secret has at most 65,536 bytes",
        f"{DOCS}/secretsmanager/latest/userguide/reference_limits.html",
        lambda p: 1 <= size(p["SecretString"]) <= 65_536,
    ),
    Limit(
        "cloudtrail:LookupEvents",
        "one lookup attribute, and at most 50 results",
        f"{DOCS}/awscloudtrail/latest/APIReference/API_LookupEvents.html",
        lambda p: len(p.get("LookupAttributes", [])) <= 1 and p.get("MaxResults", 50) <= 50,
    ),
    Limit(
        "logs:StartQuery",
        "times are whole seconds, the end after the start",
        f"{DOCS}/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html",
        lambda p: 0 <= p["startTime"] < p["endTime"] < 10**11,
    ),
    Limit(
        "ecs:DescribeServices",
        "at most 10 services",
        f"{DOCS}/AmazonECS/latest/APIReference/API_DescribeServices.html",
        lambda p: 1 <= len(p["services"]) <= 10,
    ),
    Limit(
        "ecs:DescribeTasks",
        "at most 100 tasks",
        f"{DOCS}/AmazonECS/latest/APIReference/API_DescribeTasks.html",
        lambda p: 1 <= len(p["tasks"]) <= 100,
    ),
    Limit(
        "cloudwatch:GetMetricData",
        "at most 500 queries; an id begins with a small letter",
        f"{DOCS}/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html",
        lambda p: (
            len(p["MetricDataQueries"]) <= 500
            and all(re.fullmatch(r"[a-z]\w*", query["Id"], re.ASCII) for query in p["MetricDataQueries"])
        ),
    ),
    Limit(
        "cloudwatch:DescribeAlarms",
        "at most 100 names",
        f"{DOCS}/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html",
        lambda p: len(p.get("AlarmNames", [])) <= 100,
    ),
]

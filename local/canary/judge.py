"""Judges the answers of a check: None if they are right, else what is wrong."""

import json
import re
from typing import Any

Json = dict[str, Any]

# As template.yaml sets them: calls a second, and at once.
THROTTLES = {
    "~1webhooks~1{source}/POST": (100, 200),
    "~1incidents~1{id}~1page/GET": (10, 30),
    "~1slack~1interactions/POST": (20, 40),
    "*/*": (50, 100),
}
_FUNCTION = re.compile(r"arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[^\"\s]+")

# List prices of us-east-1, USD, November 2025: a GB-second on arm64, a request, a transition of a standard workflow.
PRICE_GB_SECOND, PRICE_REQUEST, PRICE_TRANSITION = 0.0000133334, 0.0000002, 0.000025


def throttles(stage: Json) -> str | None:
    """`stage`: apigateway get-stage."""
    found = {
        path: (setting.get("throttlingRateLimit"), setting.get("throttlingBurstLimit"))
        for path, setting in stage.get("methodSettings", {}).items()
    }
    wrong = [path for path, limits in THROTTLES.items() if found.get(path) != limits]
    return f"not in force: {', '.join(wrong)}" if wrong else None


def exact_bytes(signed: int, altered: int) -> str | None:
    """HTTP statuses of a body with odd bytes and its own signature, and of the same body without one space."""
    if signed not in {200, 202}:
        return f"a signed body of odd bytes was answered {signed}"
    return None if altered == 401 else f"a body that was altered was answered {altered}"


def queues(*attributes: Json) -> str | None:
    """`attributes`: of each queue that must be empty (sqs get-queue-attributes)."""
    waiting = sum(int(count) for each in attributes for count in each.values())
    return f"{waiting} messages wait" if waiting else None


def versions(definition: str) -> str | None:
    """Every function that the machine calls is a published version, whose ARN ends with a number."""
    named = set(_FUNCTION.findall(definition))
    if not named:
        return "the machine names no function"
    bare = sorted(arn for arn in named if not re.search(r":\d+$", arn))
    return f"without a version: {', '.join(arn.rsplit(':', 1)[1] for arn in bare)}" if bare else None


def absent(what: str, lines: list[str], there: bool) -> str | None:
    """`there`: whether anything was logged at all. An empty log proves nothing."""
    if not there:
        return "nothing was logged"
    return f"{what} in {len(lines)} lines" if lines else None


def traces(documents: list[Json], token: str) -> str | None:
    """`documents`: xray batch-get-traces. No trace at all proves nothing."""
    if not documents:
        return "there is no trace"
    return "a trace holds the token of a page" if token in json.dumps(documents, default=str) else None


def mails(messages: list[Json], alarm: str) -> str | None:
    texts = [message.get("Body", "") for message in messages]
    return None if any(alarm in text for text in texts) else "the alarm reached nobody"


def redrive(task: Json | None) -> str | None:
    """`task`: the newest of sqs list-message-move-tasks."""
    if not task:
        return "no redrive was started"
    status, moved = task.get("Status"), task.get("ApproximateNumberOfMessagesMoved", 0)
    return None if status == "COMPLETED" and moved >= 1 else f"{status}, {moved} moved"


def cost(reports: list[Json], transitions: int) -> float:
    """USD, at list prices; `reports`: the records of Lambda's platform.report events."""
    sizes: list[float] = [
        each["metrics"]["billedDurationMs"] / 1000 * each["metrics"]["memorySizeMB"] / 1024 for each in reports
    ]
    return sum(sizes) * PRICE_GB_SECOND + len(reports) * PRICE_REQUEST + transitions * PRICE_TRANSITION

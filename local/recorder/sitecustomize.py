"""Python loads this first when AWS calls are recorded: in each function of the local cloud, one JSON line a call.

In the local cloud's own process it records expressions instead (expressions.py).
"""

import importlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# What names a resource in a request. Values of anything else may be secrets and are not written.
RESOURCE_PARAMETERS = {
    "Bucket", "FunctionName", "IndexName", "Key", "KeyId", "Name", "Names", "Path", "QueueUrl", "SecretId", "TableName",
    "TopicArn", "executionArn", "logGroupName", "stateMachineArn",
}  # fmt: skip


def record(params: dict[str, Any], model: Any, **_: Any) -> None:
    call = {
        "function": os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        "service": model.service_model.signing_name,
        "operation": model.name,
        "resources": sorted(set(resources(params))),
    }
    with Path(os.environ["RECORD_AWS_CALLS"]).open("a", encoding="utf-8") as calls:
        calls.write(json.dumps(call) + "\n")


def resources(value: Any) -> Iterator[tuple[str, str]]:
    """(parameter, value) of every resource in a request, however deep; a DynamoDB key or item is not looked into."""
    if isinstance(value, list):
        for member in value:
            yield from resources(member)
    elif isinstance(value, dict):
        for name, member in value.items():
            if name == "RequestItems":
                yield from (("TableName", table) for table in member)
            elif name in RESOURCE_PARAMETERS and isinstance(member, str | list):
                yield from ((name, text) for text in ([member] if isinstance(member, str) else member))
            elif name not in {"Item", "ExpressionAttributeValues"}:
                yield from resources(member)


if "RECORD_AWS_CALLS" in os.environ:
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        from botocore.handlers import BUILTIN_HANDLERS

        BUILTIN_HANDLERS.append(("provide-client-params", record))
    else:
        # It is next to this file, which is in no package.
        recorder = importlib.import_module("expressions")
        recorder.listen(Path(os.environ["RECORD_AWS_CALLS"]).with_name("expressions.jsonl"))

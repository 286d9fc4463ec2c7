"""The deployed stack that the checks look at: on AWS, or on the local cloud."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Target:
    """A deployed stack. `mails_url` and `stand_in_logs` are of the stand-in."""

    client: Callable[[str], Any]
    stack: str
    outputs: dict[str, str]
    api_url: str
    signing_secret: str
    headers: dict[str, str] = field(default_factory=dict)
    mails_url: str = ""
    stand_in_logs: str = ""
    is_aws: bool = True
    patience: float = 300
    marker: str = field(default_factory=lambda: f"canary{secrets.token_hex(8)}")

    def resource(self, logical_id: str) -> str:
        found = self.client("cloudformation").describe_stack_resource(
            StackName=self.stack, LogicalResourceId=logical_id
        )
        return str(found["StackResourceDetail"]["PhysicalResourceId"])

    def lines(self, group: str, pattern: str) -> list[str]:
        pages = self.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=group, filterPattern=pattern)
        return [str(event["message"]) for page in found for event in page["events"]]

    def until(self, look: Callable[[], Any], wrong: Callable[[Any], Any]) -> Any:
        """What `look` returns once `wrong` finds nothing in it, or when the time is over."""
        deadline = time.monotonic() + self.patience
        while wrong(seen := look()) and time.monotonic() < deadline:
            time.sleep(5 if self.is_aws else 0.2)
        return seen

"""The stack as deployed to a local cloud, with the sandbox beside it: what the e2e tests see."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx

from local.aws import client

Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Cloud:
    stack: dict[str, Any]
    calls_file: Path

    def aws(self, service: str) -> Any:
        return client(service, self.stack["endpoint_url"])

    def request(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> httpx.Response:
        """A call to the stack's API, with the headers of stack.json; `headers` replace them by name."""
        merged = self.stack["api_headers"] | (headers or {})
        return httpx.request(method, self.stack["api_url"] + path, headers=merged, content=body, timeout=30)

    def secret(self, name: str) -> str:
        found = self.aws("secretsmanager").get_secret_value(SecretId=self.stack["secrets"][name])
        return str(found["SecretString"])

    def change_world(self, part: dict[str, Any]) -> dict[str, Any]:
        world: dict[str, Any] = self._sandbox("PATCH", "/_world", json=part)
        return world

    def reset_world(self) -> dict[str, Any]:
        world: dict[str, Any] = self._sandbox("POST", "/_reset")
        return world

    def journal(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self._sandbox("GET", "/_journal")
        return entries

    def _sandbox(self, method: str, path: str, **rest: Any) -> Any:
        return httpx.request(method, self.stack["sandbox_url"] + path, timeout=10, **rest).raise_for_status().json()

    def recorded_calls(self) -> list[dict[str, Any]]:
        """Every AWS call of a function so far: function, service, operation, resources (local/recorder)."""
        if not self.calls_file.exists():
            return []
        return [json.loads(line) for line in self.calls_file.read_text(encoding="utf-8").splitlines()]

    def function_names(self) -> list[str]:
        pages = self.aws("lambda").get_paginator("list_functions").paginate()
        return [function["FunctionName"] for page in pages for function in page["Functions"]]

    def logical_ids(self) -> dict[str, str]:
        """The template's name of each thing, by the name that it got: a function may have been given one of its own."""
        stack = self.aws("cloudformation").describe_stack_resources(StackName=self.stack["stack_name"])
        return {one["PhysicalResourceId"]: one["LogicalResourceId"] for one in stack["StackResources"]}

    def runbook_override(self) -> dict[str, Any]:
        found = self.aws("ssm").get_parameter(Name=self.stack["runbook_parameter"])["Parameter"]["Value"]
        override: dict[str, Any] = json.loads(found)
        return override

    def set_runbook_override(self, override: dict[str, Any]) -> None:
        self.aws("ssm").put_parameter(
            Name=self.stack["runbook_parameter"], Value=json.dumps(override), Type="String", Overwrite=True
        )

    def log_lines(self, containing: str = "") -> list[str]:
        """Lines that functions of this stack logged."""
        logs = self.aws("logs")
        groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
        groups = [name for name in groups if self.stack["stack_name"] in name]
        pages = (
            page for group in groups for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        )
        return [event["message"] for page in pages for event in page["events"] if containing in event["message"]]


def wait_for(look: Callable[[], Seen | None], seconds: float, what: str) -> Seen:
    """The first answer of `look` that is not empty."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if seen := look():
            return seen
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")

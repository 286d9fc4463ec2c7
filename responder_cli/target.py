"""The stack that a command works on: on AWS by profile and name, or the local cloud of `make up`."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import click
import httpx
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config

from responder.config.runbook import Runbook, with_override

STACK_FILE = Path(".local") / "stack.json"
# The doctor looks at some thirty things, each with a time limit of its own.
PATIENT = Config(read_timeout=150, retries={"total_max_attempts": 1})


class CannotError(click.ClickException):
    """Nothing was changed; the text says what to do. Exit code 3."""

    exit_code = 3


@dataclass
class TargetStack:
    """`local`: the contents of .local/stack.json, or None for AWS."""

    stack: str
    profile: str | None = None
    region: str | None = None
    local: dict[str, Any] | None = None
    as_json: bool = False
    _clients: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def session(self) -> Any:
        if self.local is None:
            return boto3.session.Session(profile_name=self.profile, region_name=self.region)
        # The local cloud takes any key, and a person's own must never reach it.
        return boto3.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name=self.local["region"]
        )

    def aws(self, service: str) -> Any:
        if service not in self._clients:
            endpoint = self.local["endpoint_url"] if self.local else None
            self._clients[service] = self.session.client(service, endpoint_url=endpoint, config=PATIENT)
        return self._clients[service]

    @cached_property
    def outputs(self) -> dict[str, str]:
        found = self.aws("cloudformation").describe_stacks(StackName=self.stack)["Stacks"][0].get("Outputs", [])
        return {one["OutputKey"]: one["OutputValue"] for one in found}

    def output(self, name: str) -> str:
        if name not in self.outputs:
            raise CannotError(f"stack {self.stack} has no output {name}: deploy it again, with this version")
        return self.outputs[name]

    def parameter(self, output: str) -> str:
        return str(self.aws("ssm").get_parameter(Name=self.output(output))["Parameter"]["Value"])

    def put_parameter(self, output: str, value: str) -> None:
        given = {"Name": self.output(output), "Value": value, "Type": "String", "Overwrite": True}
        long = {"Tier": "Intelligent-Tiering"} if len(value.encode()) > 4096 else {}
        self.aws("ssm").put_parameter(**given, **long)

    def runbook(self) -> Runbook:
        try:
            return with_override(self.parameter("RunbookParameter"))
        except ValueError as error:
            raise CannotError(f"the override in force is not valid, so correct it first: {error}") from error

    def secret(self, output: str) -> str | None:
        """The value under AWSCURRENT; None while there is none."""
        store = self.aws("secretsmanager")
        try:
            answer = store.get_secret_value(SecretId=self.output(output))
        except store.exceptions.ResourceNotFoundException:
            return None
        return str(answer.get("SecretString") or "") or None

    def put_secret(self, output: str, value: str) -> None:
        self.aws("secretsmanager").put_secret_value(SecretId=self.output(output), SecretString=value)

    def invoke(self, output: str, payload: dict[str, Any]) -> dict[str, Any]:
        """The function's answer. Raises CannotError if it ends with an error."""
        answer = self.aws("lambda").invoke(FunctionName=self.output(output), Payload=json.dumps(payload).encode())
        found = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError") or not isinstance(found, dict):
            kind = found.get("errorType") if isinstance(found, dict) else "no answer"
            raise CannotError(f"{self.output(output)} failed ({kind}); look at its log")
        return found

    def get(self, path: str) -> dict[str, Any] | None:
        """GET on the stack's API, signed with your credentials; None for 404."""
        base = self.local["api_url"] if self.local else self.output("WebhookUrl").removesuffix("/webhooks")
        url = f"{base}{path}"
        headers = dict(self.local["api_headers"]) if self.local else self._signed(url)
        answer = httpx.get(url, headers=headers, timeout=30)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
            raise CannotError("the API refuses your credentials: they need execute-api:Invoke on it")
        if not answer.is_success:
            raise CannotError(f"the API answers {answer.status_code} to {path}")
        try:
            found: dict[str, Any] = answer.json()
        except ValueError as error:
            raise CannotError("the API's answer is no JSON: look at what is between, such as a proxy") from error
        return found

    def _signed(self, url: str) -> dict[str, str]:
        request = AWSRequest(method="GET", url=url)
        SigV4Auth(self.session.get_credentials(), "execute-api", self.session.region_name).add_auth(request)
        return dict(request.headers.items())


def connected(stack: str | None, profile: str | None, region: str | None, *, local: bool, as_json: bool) -> TargetStack:
    if local:
        if not STACK_FILE.exists():
            raise CannotError("no local cloud runs here: start it with `make up`, or name a stack with --stack")
        facts: dict[str, Any] = json.loads(STACK_FILE.read_text(encoding="utf-8"))
        return TargetStack(facts["stack_name"], local=facts, as_json=as_json)
    if not stack:
        raise click.UsageError("name the stack: responder --stack twinmind-responder …, or set RESPONDER_STACK")
    return TargetStack(stack, profile, region, as_json=as_json)

"""The whole workflow in this process: the real state machine file and handlers on moto, the sandbox as the world."""

import base64
import importlib
import json
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper, cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import moto.stepfunctions.parser.asl.jsonata.jsonata as moto_jsonata
from botocore.client import BaseClient
from moto import mock_aws
from moto.awslambda_simple.models import LambdaSimpleBackend
from moto.dynamodb.models import dynamodb_backends
from moto.sns.models import sns_backends
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from local.initial_data import SLACK_ORIGIN
from local.sandbox import Sandbox
from local.sandbox.defaults import default_world
from responder import context
from responder.aws import parameters
from responder.config.runbook import merge, packaged, with_override
from responder.domain import redact
from responder.integrations.slack import decision, ephemeral
from responder.integrations.statuspage import client as statuspage
from responder.report import signed_link
from tests.support import recorded, recording
from tests.support.context import LambdaContext
from tests.support.flying import FlyingTime
from tests.support.network import not_found

ROOT = Path(__file__).parents[2]
REGION = "us-east-1"
ACCOUNT = "123456789012"
STACK = "responder"
MACHINE_ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{STACK}-incident"
# Waits for what takes its time outside, shortened: moto really sleeps. Other waits follow the runbook of the tests.
PAUSES = {"WaitForEffect": 1, "WaitForRestart": 1}

# Where the packaged runbook points: an override that cannot be read leads there, and there is no way out of a test.
PACKAGED_HOSTS = ("api.twinmind.com", "status.twinmind.com", "api.pagerduty.com", "api.opsgenie.com")

FUNCTIONS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
SETTINGS = {
    "STACK_NAME": STACK,
    "TABLE_NAME": "incidents",
    "BUCKET_NAME": "reports",
    "QUEUE_URL": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/ingest.fifo",
    "TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:people",
    "STAKEHOLDER_TOPIC_ARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:stakeholders",
    "STATE_MACHINE_ARN": MACHINE_ARN,
    "RUNBOOK_PARAMETER": f"/{STACK}/runbook",
    "STOP_PARAMETER": f"/{STACK}/stop",
    "SERVICE_FLAGS_PARAMETER": f"/{STACK}/service-flags",
    "WEBHOOK_SECRET": "webhooks",
    "TWINMIND_API_KEY_SECRET": "twinmind-api-key",
    "TWINMIND_STANDBY_KEYS_SECRET": "standby-keys",
    "VENDOR_CREDENTIALS_SECRET": "vendor-credentials",
    "PAGE_SIGNING_SECRET": "page-signing",
    "API_URL_PARAMETER": f"/{STACK}/api-url",
    "CREDENTIAL_HOSTS": "local",
    "DECIDE_FUNCTION": f"{STACK}-decide",
    "MASK_EMAILS": "no",
    "POWERTOOLS_SERVICE_NAME": STACK,
}
WEBHOOK_SECRETS = {source: f"{source}-webhook-secret-0001" for source in ("pagerduty", "opsgenie", "jsm")}
SIGNING_SECRET = "slack-signing-secret-0001"
PAGE_SECRET = "page-signing-secret-0001"
API_URL = "https://api.example.com/v1"
VENDORS = {
    name: f"{name}-credential-0001" for name in ("pagerduty", "opsgenie", "jsm", "slack", "statuspage", "tickets")
}
SIGNING_KEY = f"whsec_{base64.b64encode(b'outgoing-webhook-credential-0001').decode()}"


def credentials(sandbox_url: str) -> dict[str, str]:
    """What people put into the vendor credentials; the address of a Teams workflow is a secret too."""
    workflow = f"{sandbox_url}/teams/workflows/w1/triggers/manual/paths/invoke?sig=teams-credential-0001"
    return VENDORS | {"teams": workflow, "outgoing_webhook": SIGNING_KEY}


def fast_runbook(sandbox_url: str) -> dict[str, Any]:
    """The override that points at the sandbox and makes waiting short."""
    return {
        "service_flags": {"reader_seconds": 4},
        "monitoring": {"recheck_seconds": 1, "poll_seconds": [[None, 1]], "close_after_seconds": 2},
        "endpoints": {
            "twinmind": {"base_url": f"{sandbox_url}/twinmind"},
            "status_page_url": f"{sandbox_url}/twinmind-status",
            "service": {"base_url": f"{sandbox_url}/service", "restart_hook_path": "/restart"},
        },
        "vendors": {
            "pagerduty": {
                "api_url": f"{sandbox_url}/pagerduty",
                "from_email": "bot@example.com",
                "bot_user_id": "PRESPONDER",
            },
            "opsgenie": {"api_url": f"{sandbox_url}/opsgenie", "enabled": True},
            "jsm": {"api_url": f"{sandbox_url}/jsm", "enabled": True},
            "statuspage": {
                "api_url": f"{sandbox_url}/statuspage/v1",
                "hold_off_seconds": 0,
                "page_id": "pg1",
                "component_ids": ["cmptranscribe"],
            },
            "slack": {"api_url": f"{sandbox_url}/slack/api", "channel": "C0INCIDENTS", **SLACK_ORIGIN},
            "jira": {
                "api_url": f"{sandbox_url}/tickets/rest/api/3",
                "project_key": "OPS",
                "email": "bot@example.com",
            },
            "outgoing_webhook": {"url": f"{sandbox_url}/outgoing-webhook/hook"},
        },
    }


@cache
def own_client(service: str) -> Any:
    """The tests' own; those of the product are made anew in each world."""
    factory: Any = boto3.client
    return factory(service, region_name=REGION)


@dataclass
class Cloud:
    """AWS as moto plays it, with our functions behind its Lambda."""

    sandbox: Sandbox
    # Which AWS calls each function made (tests/support/recording.py).
    calls: set[recording.Call]
    flying: FlyingTime
    invoked: list[str] = field(default_factory=list)
    # Asked before each invocation; may raise to make a function fail, or return an answer instead of it.
    interfere: Callable[[str, dict[str, Any]], Any] | None = None
    closing: bool = False
    # Invoked asynchronously, and not run yet.
    later: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def put_credentials(self, values: dict[str, str]) -> None:
        secret = SETTINGS["VENDOR_CREDENTIALS_SECRET"]
        self.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(values))

    def client(self, service: str) -> Any:
        return own_client(service)

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """The real handler, with its calls recorded under its name; the result went through JSON, as on AWS."""
        if self.closing:
            raise RuntimeError("the test is over")
        # Each function has a process of its own on Lambda, so none lives on what another has read.
        context._credentials.cache_clear()
        signed_link._secret.cache_clear()
        self.invoked.append(name)
        if self.interfere is not None:
            replaced = self.interfere(name, event)
            if replaced is not None:
                return replaced
        handler = importlib.import_module(f"functions.{name}.app").handler
        with recording.of_function(name):
            return json.loads(json.dumps(handler(json.loads(json.dumps(event)), LambdaContext(name))))

    def run_later(self) -> list[str]:
        """What was invoked asynchronously, three times where it fails, as Lambda does; those that failed for good."""
        failed = []
        while self.later:
            name, event = self.later.pop(0)
            for attempt in range(3):
                try:
                    self.invoke(name, event)
                    break
                except Exception:  # noqa: BLE001 - Lambda repeats after any exception
                    failed += [name] if attempt == 2 else []
        return failed

    def post(self, source: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """POST /webhooks/{source}, then everything that the queue holds."""
        answer = self.receive(source, body, headers)
        self.drain()
        return answer

    def receive(self, source: str, body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        event = {
            "pathParameters": {"source": source},
            "headers": headers,
            "body": body.decode("utf-8", "surrogateescape"),
            "isBase64Encoded": False,
            "requestContext": {"requestId": "r-1"},
        }
        response = self.invoke("receive_webhook", event)
        return response["statusCode"], json.loads(response["body"])

    def drain(self) -> list[str]:
        """Hands the queue's messages to route_alert as Lambda would; returns the ids of those that failed."""
        failed: list[str] = []
        sqs = self.client("sqs")
        while True:
            messages = sqs.receive_message(
                QueueUrl=SETTINGS["QUEUE_URL"], MaxNumberOfMessages=5, AttributeNames=["All"], VisibilityTimeout=60
            ).get("Messages", [])
            if not messages:
                return failed
            answer = self.invoke("route_alert", {"Records": [self.record_of(message) for message in messages]})
            refused = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
            failed += sorted(refused)
            for message in messages:
                if message["MessageId"] not in refused:
                    sqs.delete_message(QueueUrl=SETTINGS["QUEUE_URL"], ReceiptHandle=message["ReceiptHandle"])

    def incident(self, incident_id: str) -> dict[str, Any]:
        """GET /incidents/{id}."""
        response = self.invoke("read_incidents", {"pathParameters": {"id": incident_id}})
        body: dict[str, Any] = json.loads(response["body"])
        return body

    def page(self, incident_id: str, token: str | None = None) -> dict[str, Any]:
        """GET /incidents/{id}/page by the incident's own link, or with another token."""
        link = urlsplit(self.incident(incident_id)["page"]) if token is None else None
        query = {"token": parse_qs(link.query)["token"][0]} if link else {"token": token}
        path = {"id": incident_id}
        response: dict[str, Any] = self.invoke(
            "incident_page", {"pathParameters": path, "queryStringParameters": query}
        )
        return response

    def executions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.client("stepfunctions").list_executions(stateMachineArn=MACHINE_ARN)[
            "executions"
        ]
        return found

    def states_entered(self, execution_arn: str) -> list[str]:
        """Straight from moto's memory: as a call it would take longer than the execution's states."""
        events: Any = stepfunctions_parser_backends[ACCOUNT][REGION].get_execution_history(execution_arn)["events"]
        return [event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event]

    def wait_for(self, execution_name: str, *, seconds: float = 120) -> dict[str, Any]:
        """The ended execution's description."""
        arn = f"{MACHINE_ARN.replace(':stateMachine:', ':execution:')}:{execution_name}"
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if stepfunctions_parser_backends[ACCOUNT][REGION].describe_execution(arn).status != "RUNNING":
                description: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=arn)
                return description
            time.sleep(0.1)
        raise AssertionError(f"{execution_name} still runs after {seconds} s: {self.states_entered(arn)}")

    def record_of(self, message: dict[str, Any]) -> dict[str, Any]:
        """An SQS message as Lambda hands it to a function."""
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:ingest.fifo",
            "awsRegion": REGION,
        }

    def wait_until(self, overrides: Callable[[], bool], *, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not overrides():
            if time.monotonic() > deadline:
                raise AssertionError(f"still not so after {seconds} s; invoked: {self.invoked}")
            time.sleep(0.05)

    def report(self, key: str) -> str:
        found = self.client("s3").get_object(Bucket=SETTINGS["BUCKET_NAME"], Key=key)
        return str(found["Body"].read().decode("utf-8"))

    def change_runbook(self, more: dict[str, Any]) -> None:
        """Deeply merged over the fast runbook of these tests."""
        self.set_runbook(merge(fast_runbook(self.sandbox.url), more))

    def forget_token(self, incident_id: str) -> None:
        """moto crashes on a token of an ended execution, where AWS answers TaskTimedOut."""
        key = {"pk": {"S": f"incident#{incident_id}"}, "sk": {"S": "meta"}}
        self.client("dynamodb").update_item(
            TableName=SETTINGS["TABLE_NAME"], Key=key, UpdateExpression="REMOVE wake_token"
        )

    def runbook_text(self) -> str:
        found = self.client("ssm").get_parameter(Name=SETTINGS["RUNBOOK_PARAMETER"])
        return str(found["Parameter"]["Value"])

    def set_runbook(self, override: dict[str, Any]) -> None:
        self.client("ssm").put_parameter(
            Name=SETTINGS["RUNBOOK_PARAMETER"], Value=json.dumps(override), Type="String", Overwrite=True
        )


@contextmanager
def running_cloud(monkeypatch: Any, world: dict[str, Any] | None = None, *, execute: bool = True) -> Iterator[Cloud]:
    """`execute=False`: executions start and stay running, no state of theirs is entered."""
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(parameters, "with_override", override_read_once)
    monkeypatch.setattr(redact, "_scrubbed", scrubbed_once)
    # moto parses JSONata and has no evaluator of its own (getmoto/moto#10105).
    monkeypatch.setattr(moto_jsonata, "_eval_jsonata", recorded.evaluate_jsonata)
    config: Any = {"stepfunctions": {"execute_state_machine": execute}, "lambda": {"use_docker": False}}
    _answer_one_at_a_time(monkeypatch)
    flying = FlyingTime()
    flying.install(monkeypatch)
    # Its pace is kept by the clock, and the last cloud's was ahead of this one's.
    monkeypatch.setattr(statuspage, "_pace", statuspage._Pace())
    # Shorter than a busy machine may stand still. A click that Slack takes late must not pass for one that it lost.
    monkeypatch.setattr(ephemeral, "SECONDS", 10.0)
    monkeypatch.setattr(decision, "DIALOG_SECONDS", 10.0)
    with mock_aws(config=config), not_found(*PACKAGED_HOSTS):
        reset_caches()
        calls = recording.start()
        _create_secrets()
        with Sandbox(
            world,
            load_key=_key_loader(),
            read_service_flags=_service_flags_reader(),
            clock=flying.time,
            witness=recorded.vendor_call,
        ) as sandbox:
            cloud = Cloud(sandbox, calls, flying)
            cloud.put_credentials(credentials(sandbox.url))
            _create(cloud)
            monkeypatch.setattr(LambdaSimpleBackend, "invoke", _invoke_through(cloud))
            try:
                yield cloud
            finally:
                _stop_executions(cloud)


def _answer_one_at_a_time(monkeypatch: Any) -> None:
    """moto tests a condition and writes in two steps; AWS does it in one."""
    one_at_a_time = threading.RLock()
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(client: Any, operation: str, parameters: Any) -> Any:
        if client.meta.service_model.service_name != "dynamodb":
            return real(client, operation, parameters)
        with one_at_a_time:
            return real(client, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def notices(setting: str = "TOPIC_ARN") -> list[str]:
    """What the topic of that setting sent, subject and text."""
    topic = sns_backends[ACCOUNT][REGION].topics[SETTINGS[setting]]
    return [f"{sent[2]}: {sent[1]}" for sent in topic.sent_notifications]


# What an override says does not change, and reading it takes longer than most functions.
override_read_once = cache(with_override)
_scrubbed = lru_cache(maxsize=10_000)(redact._scrubbed)


def scrubbed_once(text: str) -> str:
    """What comes of it depends on the text alone, and each history sends the same alerts through it."""
    return _scrubbed(text)


def reset_caches() -> None:
    """A process of Lambda serves one stack; this one serves many after each other, with one packaged runbook."""
    for name, module in list(sys.modules.items()):
        if name.startswith(("responder.", "functions.")):
            for member in vars(module).values():
                if isinstance(member, _lru_cache_wrapper) and member.__module__ != packaged.__module__:
                    member.cache_clear()


def _key_loader() -> Callable[[], str | None]:
    """Reads the key from its secret, as our service does."""
    secrets = own_client("secretsmanager")
    name = SETTINGS["TWINMIND_API_KEY_SECRET"]

    def load() -> str | None:
        try:
            # The label is named because moto, unlike AWS, answers the last written version where it is not.
            return str(secrets.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")["SecretString"])
        except secrets.exceptions.ResourceNotFoundException:
            return None

    return load


def _service_flags_reader() -> Callable[[], dict[str, Any] | None]:
    """Reads the service flags from the parameter, as our service does; None before it is there."""
    ssm = own_client("ssm")

    def read() -> dict[str, Any] | None:
        try:
            found = json.loads(ssm.get_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])["Parameter"]["Value"])
        except (ssm.exceptions.ParameterNotFound, ValueError):
            return None
        return found if isinstance(found, dict) else None

    return read


def _invoke_through(cloud: Cloud) -> Callable[..., bytes]:
    def invoke(_: Any, function_name: str, qualifier: Any, body: Any, headers: Any, response_headers: Any) -> bytes:
        name = function_name.rsplit(":", 1)[-1]
        if headers.get("X-Amz-Invocation-Type") == "Event":
            cloud.later.append((name, json.loads(body)))
            return b""
        try:
            return json.dumps(cloud.invoke(name, json.loads(body))).encode()
        except Exception as error:  # noqa: BLE001 - Lambda turns any exception into an answer
            response_headers["x-amz-function-error"] = "Unhandled"
            return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)}).encode()

    return invoke


def _create(cloud: Cloud) -> None:
    create_table(cloud.client("dynamodb"))
    sqs = cloud.client("sqs")
    sqs.create_queue(QueueName="ingest.fifo", Attributes={"FifoQueue": "true"})
    create_topics(cloud)
    cloud.client("s3").create_bucket(Bucket=SETTINGS["BUCKET_NAME"])
    cloud.set_runbook(fast_runbook(cloud.sandbox.url))
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="run", Type="String")
    cloud.client("ssm").put_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"], Value="{}", Type="String")
    cloud.client("ssm").put_parameter(Name=SETTINGS["API_URL_PARAMETER"], Value=API_URL, Type="String")
    definition = machine_definition(PAUSES)
    role = f"arn:aws:iam::{ACCOUNT}:role/machine"
    cloud.client("stepfunctions").create_state_machine(
        name=f"{STACK}-incident", definition=json.dumps(definition), roleArn=role
    )


def create_topics(cloud: Cloud) -> None:
    """Both, each with one subscriber, without anything that they sent before."""
    sns_backends[ACCOUNT][REGION].subscriptions.clear()
    for setting in ("TOPIC_ARN", "STAKEHOLDER_TOPIC_ARN"):
        create_topic(cloud, SETTINGS[setting])


def create_topic(cloud: Cloud, arn: str) -> None:
    """With a subscriber who has nothing to confirm."""
    cloud.client("sns").create_topic(Name=arn.rpartition(":")[2])
    cloud.client("sns").subscribe(TopicArn=arn, Protocol="sms", Endpoint="+15550100")
    sns_backends[ACCOUNT][REGION].topics[arn].sent_notifications.clear()


def create_table(dynamodb: Any) -> None:
    dynamodb.create_table(
        TableName=SETTINGS["TABLE_NAME"],
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "standing", "started_at")
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_standing",
                "KeySchema": [
                    {"AttributeName": "standing", "KeyType": "HASH"},
                    {"AttributeName": "started_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )


def empty_table() -> None:
    """Straight in moto's memory: it happens before each of very many histories."""
    dynamodb_backends[ACCOUNT][REGION].get_table(SETTINGS["TABLE_NAME"]).items.clear()
    recorded.table_was_emptied()


def _create_secrets() -> None:
    """Before the sandbox starts: its service loads the key at start."""
    keys = {label: entry["key"] for label, entry in default_world()["twinmind"]["keys"].items()}
    values = {
        "webhooks": json.dumps(WEBHOOK_SECRETS | {"slack": SIGNING_SECRET}),
        "twinmind-api-key": keys["primary"],
        "standby-keys": json.dumps({"keys": [key for label, key in keys.items() if label != "primary"]}),
        "vendor-credentials": "{}",  # before the sandbox, whose address is one of them
        "page-signing": PAGE_SECRET,
    }
    secrets = own_client("secretsmanager")
    for name, value in values.items():
        secrets.create_secret(
            Name=name, SecretString=value, ClientRequestToken=str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
        )


def machine_definition(pauses: Mapping[str, int] | None = None) -> Any:
    """The real file with the functions' ARNs in it, and other seconds in Wait states where given."""
    text = (ROOT / "statemachines" / "incident.asl.json").read_text(encoding="utf-8")
    for name in FUNCTIONS:
        placeholder = "".join(word.capitalize() for word in name.split("_")) + "FunctionArn"
        text = text.replace(f"${{{placeholder}}}", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}")
    definition = json.loads(text)
    for state, seconds in (pauses or {}).items():
        definition["States"][state]["Seconds"] = seconds
    return definition


# What moto names its threads after: an execution, its machine's time-out, one task's time-out.
EXECUTION_THREADS = ("(_execution_logic)", "(eval)", "(_exec_and_notify)")


def _stop_executions(cloud: Cloud) -> None:
    """moto's executions run in threads that must not outlive the mock: from here on each task of theirs fails."""
    cloud.closing = True
    deadline = time.monotonic() + 40
    while running := [thread for thread in threading.enumerate() if thread.name.endswith(EXECUTION_THREADS)]:
        assert time.monotonic() < deadline, "an execution never came to an end"
        running[0].join(timeout=1)

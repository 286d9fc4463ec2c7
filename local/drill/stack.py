"""What a drill does with the stack: breaks the world, sends the webhook, reads the result."""

import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from local import initial_data, samples
from local.aws import client
from local.initial_data import LABELS
from local.paths import ROOT
from local.sandbox.world import merged

Json = dict[str, Any]
SAMPLES = ROOT / "events" / "webhooks" / "pagerduty"

# What each flag is when it is off: local/README.md#service.
OFF: Json = {
    "request_queue": False,
    "reject_non_critical": False,
    "client_rate_limit_per_minute": None,
    "model": "ear-3",
}


@dataclass(frozen=True)
class Stack:
    """What `make up` left in stack.json, as calls."""

    facts: Json

    def aws(self, service: str) -> Any:
        return client(service, self.facts["endpoint_url"])

    def world(self) -> Json:
        found: Json = httpx.get(f"{self.facts['sandbox_url']}/_world").raise_for_status().json()
        return found

    def change_world(self, change: Json) -> None:
        if change:
            httpx.patch(f"{self.facts['sandbox_url']}/_world", json=change).raise_for_status()

    def patch_deployment(self, change: Json) -> None:
        """A strategic merge of our service's Deployment in the sandbox's cluster."""
        path = "/kubernetes/apis/apps/v1/namespaces/default/deployments/twinmind-service"
        headers = {
            "Content-Type": "application/strategic-merge-patch+json",
            "Authorization": f"Bearer {self.world()['credentials']['kubernetes']}",
        }
        httpx.patch(f"{self.facts['sandbox_url']}{path}", json=change, headers=headers).raise_for_status()

    def journal(self) -> list[Json]:
        found: list[Json] = httpx.get(f"{self.facts['sandbox_url']}/_journal").raise_for_status().json()
        return found

    def incident(self, incident_id: str) -> Json | None:
        """GET /incidents/{id}; None while it is unknown."""
        response = httpx.get(
            f"{self.facts['api_url']}/incidents/{incident_id}", headers=self.facts["api_headers"], timeout=30
        )
        return None if response.status_code == 404 else response.raise_for_status().json()

    def make_whole(self) -> None:
        """Resets the world and what `make sam-local` left; the first key is current, and the service runs with it."""
        samples.forget(self.aws("dynamodb"), self.facts["table_name"])
        self.end_open()
        # A public notice stays open if our checks still failed at the end; the new world has no notice.
        self.forget_mark("twinmind:notice")
        # The next world has the same keys, and none of them has leaked there.
        self._forget("leaks#twinmind", "leak#")
        self._forget("out-of-scope", "")
        # Findings about the previous world must not count for this one.
        for look in self.looks():
            self.forget_mark(look)
        httpx.post(f"{self.facts['sandbox_url']}/_reset").raise_for_status()
        key, *standby = (self.world()["twinmind"]["keys"][label]["key"] for label in LABELS)
        self.put_secret("twinmind_api_key", key)
        self.forget_previous_key()
        self.put_secret("twinmind_standby_keys", json.dumps({"keys": standby}))
        # One credential is an address of the sandbox, and containers reach the sandbox under another one.
        credentials = initial_data.vendor_credentials(self.world(), self.facts["sandbox_url"])
        self.put_secret("vendor_credentials", credentials)
        self.set_parameter("stop_parameter", "run")
        self.configure({})
        httpx.post(f"{self.facts['sandbox_url']}/service/restart").raise_for_status()
        time.sleep(0.5)

    def forget_mark(self, name: str) -> None:
        key = {"pk": {"S": f"mark#{name}"}, "sk": {"S": "mark"}}
        self.aws("dynamodb").delete_item(TableName=self.facts["table_name"], Key=key)

    def out_of_scope(self) -> list[Json]:
        """The rows of senders whose alerts were dropped."""
        return self._rows("out-of-scope")

    def _rows(self, pk: str) -> list[Json]:
        found: list[Json] = self.aws("dynamodb").query(
            TableName=self.facts["table_name"],
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )["Items"]
        return found

    def _forget(self, pk: str, prefix: str) -> None:
        for row in self._rows(pk):
            if row["sk"]["S"].startswith(prefix):
                key = {"pk": row["pk"], "sk": row["sk"]}
                self.aws("dynamodb").delete_item(TableName=self.facts["table_name"], Key=key)

    def looks(self) -> list[str]:
        """The marks of the last probe runs, which incidents at the same time share."""
        wanted = {
            "FilterExpression": "begins_with(pk, :looks)",
            "ExpressionAttributeValues": {":looks": {"S": "mark#look:"}},
        }
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=self.facts["table_name"], **wanted)
        return [str(row["pk"]["S"]).removeprefix("mark#") for page in pages for row in page["Items"]]

    def secret(self, name: str) -> str:
        found = self.aws("secretsmanager").get_secret_value(SecretId=self.facts["secrets"][name])
        return str(found["SecretString"])

    def put_secret(self, name: str, value: str) -> None:
        """Makes a new version only if the value differs."""
        if self.secret(name) != value:
            self.aws("secretsmanager").put_secret_value(SecretId=self.facts["secrets"][name], SecretString=value)

    def forget_previous_key(self) -> None:
        """Forgets the key that was in use before, because a rotation tries it last: the order must not change."""
        store, secret_id = self.aws("secretsmanager"), self.facts["secrets"]["twinmind_api_key"]
        for version, labels in store.describe_secret(SecretId=secret_id)["VersionIdsToStages"].items():
            if "AWSPREVIOUS" in labels:
                store.update_secret_version_stage(
                    SecretId=secret_id, VersionStage="AWSPREVIOUS", RemoveFromVersionId=version
                )

    def configure(self, override: Json) -> None:
        """The local runbook with `override` merged over it, `{sandbox}` standing for its address."""
        url = self.facts["sandbox_url"]
        text = json.dumps(merged(initial_data.override(url), override))
        self.set_parameter("runbook_parameter", text.replace("{sandbox}", url))

    def set_parameter(self, name: str, value: str) -> None:
        self.aws("ssm").put_parameter(Name=self.facts[name], Value=value, Type="String", Overwrite=True)

    def current_version(self) -> str:
        """The id of the version under AWSCURRENT; raises ValueError when it is not exactly one."""
        secret = self.aws("secretsmanager").describe_secret(SecretId=self.facts["secrets"]["twinmind_api_key"])
        current = [version for version, labels in secret["VersionIdsToStages"].items() if "AWSCURRENT" in labels]
        (only,) = current
        return str(only)

    def pending_versions(self) -> list[str]:
        """Versions that wait under AWSPENDING; on the current one the label waits for nothing."""
        secret = self.aws("secretsmanager").describe_secret(SecretId=self.facts["secrets"]["twinmind_api_key"])
        stages: dict[str, list[str]] = secret["VersionIdsToStages"]
        return [version for version, labels in stages.items() if "AWSPENDING" in labels and "AWSCURRENT" not in labels]

    def service_flags_left(self) -> Json:
        """Service flags that are not as before any incident."""
        name = self.facts.get("service_flags_parameter")
        found: Json = json.loads(self.aws("ssm").get_parameter(Name=name)["Parameter"]["Value"]) if name else {}
        return {name: value for name, value in found.items() if name in OFF and value != OFF[name]}

    def send_alert(self, title: str) -> str:
        """A signed incident.triggered, as PagerDuty sends it; returns our incident id.

        The text before a colon in the title is the name of the alert rule, as in PagerDuty's alert details.
        """
        upstream_id = f"QDRILL{datetime.now(UTC):%y%m%d%H%M%S%f}"[:-3]
        alert = {"severity": "critical", "summary": title, "details": {"alertname": title.split(":", 1)[0]}}
        self.change_world({"pagerduty": {"incidents": {upstream_id: {"title": title, "alerts": [alert]}}}})
        return self._send(upstream_id, "incident.triggered", title=title)

    def resolve(self, incident_id: str) -> None:
        """A signed incident.resolved, by a person."""
        self._send(incident_id.removeprefix("pd-"), "incident.resolved")

    def acknowledge(self, incident_id: str, *, taken_back: bool = False) -> None:
        """A signed incident.acknowledged by a person, or the acknowledgement's end, with PagerDuty's own state."""
        upstream_id = incident_id.removeprefix("pd-")
        status = "triggered" if taken_back else "acknowledged"
        self.change_world({"pagerduty": {"incidents": {upstream_id: {"status": status}}}})
        self._send(upstream_id, "incident.unacknowledged" if taken_back else "incident.acknowledged")

    def end_open(self, seconds: float = 60) -> None:
        """Resolves upstream what an earlier drill left open, and waits until the workflow has closed it."""
        left = self._open_ids()
        for incident_id in left:
            self.resolve(incident_id)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.5)
            left = self._open_ids()

    def _open_ids(self) -> list[str]:
        url = f"{self.facts['api_url']}/incidents?status=open"
        found = httpx.get(url, headers=self.facts["api_headers"], timeout=30).raise_for_status().json()
        return [str(incident["id"]) for incident in found["incidents"]]

    def _send(self, upstream_id: str, event: str, **data: Any) -> str:
        body = json.loads((SAMPLES / f"{event.replace('.', '_')}.json").read_text(encoding="utf-8"))
        body["event"] |= {"id": f"01DRILL{time.time_ns()}"}
        body["event"]["occurred_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
        body["event"]["data"] |= {"id": upstream_id} | data
        raw = json.dumps(body).encode()
        signature = hmac.new(self.secret("pagerduty_webhook").encode(), raw, hashlib.sha256).hexdigest()
        headers = self.facts["api_headers"] | {
            "X-PagerDuty-Signature": f"v1={signature}",
            "Content-Type": "application/json",
        }
        url = f"{self.facts['api_url']}/webhooks/pagerduty"
        answer = httpx.post(url, content=raw, headers=headers, timeout=30)
        if answer.status_code != httpx.codes.ACCEPTED:
            raise RuntimeError(f"the webhook was answered {answer.status_code}: {answer.text}")
        return str(answer.json()["incident_id"])

    def history(self, execution_arn: str) -> list[Json]:
        pages = self.aws("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution_arn)
        return [event for page in pages for event in page["events"]]

    def states(self, execution_arn: str) -> list[str]:
        """The states entered so far, in order; none while the execution is not there yet."""
        if self.status(execution_arn) == "ABSENT":
            return []
        entered = [event.get("stateEnteredEventDetails") for event in self.history(execution_arn)]
        return [str(details["name"]) for details in entered if details]

    def execution_arn(self, incident_id: str, execution_number: int = 1) -> str:
        machine: str = self.facts["state_machine_arn"]
        return f"{machine.replace(':stateMachine:', ':execution:')}:{incident_id}-{execution_number}"

    def status(self, execution_arn: str) -> str:
        """ABSENT while the queue has not reached its consumer."""
        states = self.aws("stepfunctions")
        try:
            return str(states.describe_execution(executionArn=execution_arn)["status"])
        except states.exceptions.ExecutionDoesNotExist:
            return "ABSENT"

    def report(self, key: str) -> str:
        found = self.aws("s3").get_object(Bucket=self.facts["bucket_name"], Key=key)
        return str(found["Body"].read().decode("utf-8"))

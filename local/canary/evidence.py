"""The data that each check reads from the stack, and the alert."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from local.canary import judge
from local.canary.target import Target
from local.paths import ROOT

Json = dict[str, Any]
SAMPLE = ROOT / "events" / "webhooks" / "pagerduty" / "incident_triggered.json"
COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


def alert(upstream_id: str, marker: str) -> bytes:
    """PagerDuty's sample with odd bytes: carriage returns, wide indents, letters of four bytes, and the marker."""
    delivery = json.loads(SAMPLE.read_text(encoding="utf-8"))
    delivery["event"] |= {"id": f"01{marker.upper()}", "occurred_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"}
    delivery["event"]["data"] |= {"id": upstream_id, "canary_field": f"{marker} \U0001f426"}
    return json.dumps(delivery, indent=3, ensure_ascii=False).replace("\n", "\r\n").encode()


@dataclass
class Evidence:
    target: Target
    upstream_id: str

    @property
    def _execution(self) -> str:
        machine = self.target.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
        return f"{machine}:pd-{self.upstream_id}-1"

    def exact_bytes(self) -> str | None:
        body = alert(self.upstream_id, self.target.marker)
        signature = hmac.new(self.target.signing_secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-PagerDuty-Signature": f"v1={signature}", "Content-Type": "application/json"}

        def send(content: bytes) -> int:
            url = f"{self.target.api_url}/webhooks/pagerduty"
            return httpx.post(url, content=content, headers=self.target.headers | headers, timeout=30).status_code

        # A new stage and a new secret take a moment.
        signed = self.target.until(lambda: send(body), lambda status: status not in {200, 202})
        return judge.exact_bytes(signed, send(body.replace(b" ", b"", 1)))

    def told(self) -> str | None:
        ended = self.target.until(self._exited, lambda states: "AnnounceIncident" not in states)
        return None if "AnnounceIncident" in ended else f"it came as far as {', '.join(ended) or 'nowhere'}"

    def _exited(self) -> list[str]:
        states = self.target.client("stepfunctions")
        try:
            pages = states.get_paginator("get_execution_history").paginate(executionArn=self._execution)
            events = [event for page in pages for event in page["events"]]
        except states.exceptions.ExecutionDoesNotExist:
            return []
        return [event["stateExitedEventDetails"]["name"] for event in events if "stateExitedEventDetails" in event]

    def slack_called(self) -> str | None:
        look = lambda: self.target.lines(self.target.stand_in_logs, '"chat.postMessage"')  # noqa: E731
        return None if self.target.until(look, lambda lines: not lines) else "no message was posted"

    def queues(self) -> str | None:
        urls = [self.target.resource("IngestQueue"), self.target.outputs["DeadLetterQueueUrl"]]
        sqs = self.target.client("sqs")

        def look() -> list[Json]:
            return [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"] for url in urls]

        return judge.queues(*self.target.until(look, lambda found: judge.queues(*found)))

    def versions(self) -> str | None:
        states = self.target.client("stepfunctions")
        machine = states.describe_state_machine(stateMachineArn=self.target.outputs["StateMachineArn"])
        return judge.versions(machine["definition"])

    def roles(self) -> str | None:
        group = self.target.resource("FunctionLogs")
        patterns = ('"AccessDenied"', '"not authorized to perform"')
        refused = [line for pattern in patterns for line in self.target.lines(group, pattern)]
        return judge.absent("a refusal", refused, self._logged(group))

    def logs(self) -> str | None:
        groups = [self.target.resource(name) for name in ("FunctionLogs", "MachineLogs")]
        found = [line for group in groups for line in self.target.lines(group, f'"{self.target.marker}"')]
        return judge.absent("the body", found, self._logged(groups[0]))

    def _logged(self, group: str) -> bool:
        """Logs arrive some seconds late."""
        return bool(self.target.until(lambda: self.target.lines(group, ""), lambda lines: not lines))

    def throttles(self) -> str | None:
        stage = self.target.client("apigateway").get_stage(restApiId=self.target.outputs["ApiId"], stageName="v1")
        return judge.throttles(stage)

    def traces(self) -> str | None:
        page = f"{self.target.api_url}/incidents/pd-{self.upstream_id}/page"
        httpx.get(page, params={"token": self.target.marker}, timeout=30)
        xray, now = self.target.client("xray"), datetime.now(UTC)

        def look() -> list[Json]:
            span = {"StartTime": now - timedelta(minutes=20), "EndTime": datetime.now(UTC)}
            pages = xray.get_paginator("get_trace_summaries").paginate(**span)
            ids = [each["Id"] for one in pages for each in one["TraceSummaries"]]
            parts = [ids[start : start + 5] for start in range(0, len(ids), 5)]
            found = [trace for part in parts for trace in xray.batch_get_traces(TraceIds=part)["Traces"]]
            return [trace for trace in found if self.target.stack in json.dumps(trace, default=str)]

        return judge.traces(self.target.until(look, lambda found: not found), self.target.marker)

    def mails(self) -> str | None:
        alarm, sqs = self.target.resource("OddPayloadAlarm"), self.target.client("sqs")
        self.target.client("cloudwatch").set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="make canary")

        def look() -> list[Json]:
            found = sqs.receive_message(QueueUrl=self.target.mails_url, WaitTimeSeconds=5, MaxNumberOfMessages=10)
            return list(found.get("Messages", []))

        return judge.mails(self.target.until(look, lambda found: judge.mails(found, alarm)), alarm)

    def redrive(self) -> str | None:
        sqs, dead = self.target.client("sqs"), self.target.outputs["DeadLetterQueueUrl"]
        arns = [
            sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            for url in (dead, self.target.resource("IngestQueue"))
        ]
        group = {"MessageGroupId": "canary", "MessageDeduplicationId": self.target.marker}
        sqs.send_message(QueueUrl=dead, MessageBody="{}", **group)
        sqs.start_message_move_task(SourceArn=arns[0], DestinationArn=arns[1])

        def look() -> Json | None:
            tasks = sqs.list_message_move_tasks(SourceArn=arns[0])["Results"]
            return tasks[0] if tasks else None

        return judge.redrive(self.target.until(look, judge.redrive))

    def cost(self) -> str | None:
        lines = self.target.lines(self.target.resource("FunctionLogs"), '{ $.type = "platform.report" }')
        usd = judge.cost([json.loads(line)["record"] for line in lines], len(self._exited()))
        return None if 0 < usd < 0.05 else f"{len(lines)} calls cost {usd:.4f} USD"

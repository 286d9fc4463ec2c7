"""The mechanics that the workflow rests on, seen on the local cloud as well as on moto."""

import io
import json
import re
import uuid
import zipfile
from typing import Any

from local.drill.stack import Stack
from tests.support.deliveries import iso_now, opsgenie, pagerduty
from tests.support.deployed import Cloud, wait_for
from tests.support.webhooks import signature


def post(cloud: Cloud, source: str, raw: bytes) -> tuple[int, dict[str, Any]]:
    secret = cloud.secret(f"{source}_webhook")
    name, value = ("X-Webhook-Token", secret)
    if source == "pagerduty":
        name, value = ("X-PagerDuty-Signature", f"v1={'0' * 64},{signature(raw, secret)}")
    answer = cloud.request("POST", f"/webhooks/{source}", body=raw, headers={name: value})
    return answer.status_code, answer.json()


def fresh() -> str:
    return f"QE2E{uuid.uuid4().hex[:10].upper()}"


def ended(stack: Stack, arn: str) -> str | None:
    status = stack.status(arn)
    return status if status not in ("ABSENT", "RUNNING") else None


def quiet_world(cloud: Cloud) -> Stack:
    stack = Stack(cloud.stack)
    stack.make_whole()
    return stack


def test_the_signature_holds_over_the_exact_bytes(cloud: Cloud) -> None:
    """Non-ASCII text, odd white space and escapes: what a re-serialised body would lose."""
    body = pagerduty(incident_id=fresh())
    body["event"]["data"]["title"] = "Überlast · 転写 \u2028 \ud83d\udd25".encode("utf-16", "surrogatepass").decode(
        "utf-16"
    )
    raw = b" \r\n" + json.dumps(body, ensure_ascii=False, indent=3).encode() + b"\n\n"
    assert post(cloud, "pagerduty", raw)[0] == 202
    assert cloud.request("POST", "/webhooks/pagerduty", body=raw[1:], headers={
        "X-PagerDuty-Signature": signature(raw, cloud.secret("pagerduty_webhook"))}).status_code == 401  # fmt: skip


def test_all_three_sources_reach_an_execution(cloud: Cloud) -> None:
    stack = quiet_world(cloud)
    alert = str(uuid.uuid4())
    for source, prefix in (("opsgenie", "og"), ("jsm", "jsm")):
        assert post(cloud, source, json.dumps(opsgenie("create", alert)).encode()) == (
            202,
            {"incident_id": f"{prefix}-{alert}"},
        )
        arn = stack.execution_arn(f"{prefix}-{alert}")
        assert wait_for(lambda arn=arn: ended(stack, arn), 60, "the execution ends") == "SUCCEEDED"  # type: ignore[misc]


def test_an_event_wakes_the_waiting_execution_and_a_reopen_starts_the_next_generation(cloud: Cloud) -> None:
    stack = quiet_world(cloud)
    stack.change_world({"twinmind": {"status_code": 503}})
    override = cloud.runbook_override()
    cloud.set_runbook_override(override | {"monitoring": override["monitoring"] | {"poll_seconds": [[None, 300]]}})
    upstream = fresh()
    try:
        post(cloud, "pagerduty", json.dumps(pagerduty(incident_id=upstream)).encode())
        arn = stack.execution_arn(f"pd-{upstream}")
        waiting = "WaitForChange"
        wait_for(lambda: waiting in stack.states(arn), 60, "the execution waits for up to five minutes")
        post(cloud, "pagerduty", json.dumps(pagerduty("incident_resolved", upstream)).encode())
        assert wait_for(lambda: ended(stack, arn), 40, "the resolve ends it") == "SUCCEEDED"
        post(cloud, "pagerduty", json.dumps(pagerduty("incident_reopened", upstream, occurred_at=iso_now())).encode())
        second = stack.execution_arn(f"pd-{upstream}", 2)
        wait_for(lambda: stack.status(second) == "RUNNING", 20, "the next generation runs")
        post(cloud, "pagerduty", json.dumps(pagerduty("incident_resolved", upstream)).encode())
        assert wait_for(lambda: ended(stack, second), 60, "the second resolve ends it") == "SUCCEEDED"
    finally:
        cloud.set_runbook_override(override)


def test_a_deployment_in_mid_incident_leaves_the_running_execution_its_code(cloud: Cloud) -> None:
    """What a deployment does: functions get new code, are published, and the definition names the new versions."""
    stack = quiet_world(cloud)
    stack.change_world({"twinmind": {"status_code": 503}})
    override = cloud.runbook_override()
    cloud.set_runbook_override(override | {"monitoring": override["monitoring"] | {"poll_seconds": [[None, 300]]}})
    machine, steps = cloud.stack["state_machine_arn"], cloud.aws("stepfunctions")
    before = steps.describe_state_machine(stateMachineArn=machine)["definition"]
    upstream = fresh()
    try:
        post(cloud, "pagerduty", json.dumps(pagerduty(incident_id=upstream)).encode())
        arn = stack.execution_arn(f"pd-{upstream}")
        wait_for(lambda: "WaitForChange" in stack.states(arn), 60, "the execution waits for up to five minutes")
        after, published = with_broken_versions(cloud, before, ("CheckRecovery", "CloseIncident", "WriteReport"))
        steps.update_state_machine(stateMachineArn=machine, definition=after)
        for version in published:
            answer = cloud.aws("lambda").invoke(FunctionName=version, Payload=b"{}")
            assert "the deployment is broken" in answer["Payload"].read().decode()
        post(cloud, "pagerduty", json.dumps(pagerduty("incident_resolved", upstream)).encode())
        assert wait_for(lambda: ended(stack, arn), 60, "it ends as it began") == "SUCCEEDED"
        assert stack.states(arn).count("CheckRecovery") > 1
    finally:
        steps.update_state_machine(stateMachineArn=machine, definition=before)
        cloud.set_runbook_override(override)


def with_broken_versions(cloud: Cloud, definition: str, functions: tuple[str, ...]) -> tuple[str, list[str]]:
    """The definition with new versions of these functions, whose code fails, and the versions' ARNs."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", 'def handler(event, context):\n    raise RuntimeError("the deployment is broken")\n')
    published = []
    for old in sorted(set(re.findall(r'arn:aws:lambda:[^"]+:\d+(?=")', definition))):
        name = old.split(":")[6]
        if any(f"-{function}Function-" in name for function in functions):
            cloud.aws("lambda").update_function_code(FunctionName=name, ZipFile=code.getvalue())
            new = cloud.aws("lambda").publish_version(FunctionName=name)["FunctionArn"]
            assert new != old
            definition = definition.replace(f'"{old}"', f'"{new}"')
            published.append(new)
    assert len(published) == len(functions)
    return definition, published


def test_a_poison_message_does_not_hold_up_other_incidents(cloud: Cloud) -> None:
    stack = quiet_world(cloud)
    queue = next(url for url in cloud.aws("sqs").list_queues()["QueueUrls"] if "IngestQueue" in url)
    cloud.aws("sqs").send_message(
        QueueUrl=queue, MessageBody="not an alert", MessageGroupId="pd-POISON", MessageDeduplicationId=fresh()
    )
    upstream = fresh()
    post(cloud, "pagerduty", json.dumps(pagerduty(incident_id=upstream)).encode())
    arn = stack.execution_arn(f"pd-{upstream}")
    assert wait_for(lambda: ended(stack, arn), 60, "the other incident is handled") == "SUCCEEDED"

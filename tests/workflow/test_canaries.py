"""A secret never leaves its store: over a thousand planted in every input, none found in anything that comes out."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import pytest

from local.sandbox.defaults import default_world
from responder.domain import redact
from tests.support import deliveries, inprocess
from tests.support.canaries import FORMS, Garden, PerProcess, Talkative, in_form
from tests.support.canary_people import people_decide
from tests.support.inprocess import MACHINE_ARN, SETTINGS, VENDORS, WEBHOOK_SECRETS, Cloud, notices, running_cloud
from tests.support.webhooks import sample_names
from tests.workflow.histories import bad_end, fails_once

Json = dict[str, Any]
PAGERDUTY, OPSGENIE, JSM, FAILING = "QCANARY0000001", "canary-og-1", "canary-jsm-1", "QCANARY0000002"
# Which events end an incident or belong to none; they come last, or to incidents of their own.
ENDINGS = ("incident_resolved", "incident_merged", "close", "delete")


@dataclass
class Aviary:
    """A cloud in which every store and every neighbour holds secrets."""

    cloud: Cloud
    garden: Garden
    talkative: Talkative
    answers: list[Any]

    def send(self, source: str, name: str, incident_id: str) -> int:
        make = deliveries.pagerduty if source == "pagerduty" else deliveries.opsgenie
        body = self.garden.spiced(make(name, incident_id), f"{source}/{name}")
        if name == "escalate":
            body["headers"] = {"X-Webhook-Token": in_form(WEBHOOK_SECRETS[source], "plain")}
        body.setdefault("alert" if "alert" in body else "event", {})["many"] = [
            self.garden.plant(f"{source}/{name}.many") for _ in range(4)
        ]
        raw, headers = deliveries.signed(source, body)
        status, answer = self.cloud.post(source, raw, headers | {"X-Debug": self.garden.plant("header X-Debug")})
        self.answers.append(answer)
        return status

    def forge(self, source: str) -> None:
        """Wrong credentials in the headers, right ones of another source, and bodies that are no use."""
        raw, headers = deliveries.signed(source, deliveries.pagerduty() if source == "pagerduty" else {"action": "x"})
        for name in headers:
            for form in FORMS:
                wrong = in_form(self.garden.secret(f"header {name}"), form)
                status, answer = self.cloud.post(source, raw, {name: wrong, "Authorization": f"Bearer {wrong}"})
                assert status == 401
                self.answers.append(answer)
        for broken in (f'{{"cut": "{self.garden.plant("cut body")}', f'["{self.garden.plant("list body")}"]'):
            signed = deliveries.signed_bytes(source, broken.encode())
            self.answers.append(self.cloud.post(source, *signed)[1])

    def end_of(self, execution: str) -> str:
        return str(self.cloud.wait_for(execution, seconds=60)["status"])


def everything_that_came_out(aviary: Aviary, records: list[logging.LogRecord], screen: str) -> dict[str, str]:
    cloud = aviary.cloud
    sfn, s3 = cloud.client("stepfunctions"), cloud.client("s3")
    history = [
        sfn.get_execution_history(executionArn=one["executionArn"], maxResults=1000)["events"]
        for one in cloud.executions()
    ]
    described = [sfn.describe_execution(executionArn=one["executionArn"]) for one in cloud.executions()]
    rows = cloud.client("dynamodb").get_paginator("scan").paginate(TableName=SETTINGS["TABLE_NAME"])
    items = [item for page in rows for item in page["Items"]]
    objects = s3.list_objects_v2(Bucket=SETTINGS["BUCKET_NAME"]).get("Contents", [])
    ids = {item["pk"]["S"].removeprefix("incident#") for item in items if item["pk"]["S"].startswith("incident#")}
    world = cloud.sandbox.world.snapshot()
    return {
        "history": json.dumps([history, described], default=str),
        "table": json.dumps(items),
        "bucket": json.dumps([cloud.report(one["Key"]) for one in objects]),
        "screen": screen,
        "log": "\n".join(f"{record.getMessage()} {vars(record)}" for record in records),
        "notices": json.dumps(notices()),
        "requests": "\n".join(aviary.talkative.sent),
        "journal": json.dumps(cloud.sandbox.journal()),
        "slack": json.dumps(world["slack"]["messages"]),
        "public": json.dumps(world["statuspage"]["incidents"]),
        "tickets": json.dumps(world["tickets"]["issues"]),
        "pages": json.dumps([cloud.page(one) for one in sorted(ids) if cloud.incident(one).get("page")]),
        "answers": json.dumps(aviary.answers),
        "list": json.dumps([cloud.invoke("read_incidents", {"queryStringParameters": {"status": "resolved"}})]),
        "views": json.dumps([cloud.incident(one) for one in sorted(ids)]),
    }


def secrets_of(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> Json:
    """The keys of the world, and the same in Secrets Manager: plain, and in each JSON shape that the product reads."""
    for source in WEBHOOK_SECRETS:
        monkeypatch.setitem(WEBHOOK_SECRETS, source, garden.secret(f"webhook secret {source}", "whsec_"))
    for vendor in VENDORS:
        monkeypatch.setitem(VENDORS, vendor, garden.secret(f"credential {vendor}"))
    for name in ("kubernetes", "kubernetes_act", "service_restart"):
        monkeypatch.setitem(VENDORS, name, garden.secret(f"credential {name}"))
    monkeypatch.setattr(inprocess, "PAGE_SECRET", garden.secret("page signing secret"))
    monkeypatch.setattr(inprocess, "SIGNING_SECRET", garden.secret("Slack signing secret"))
    keys = {label: {"key": garden.secret(f"key {label}", "tm_sk_")} for label in default_world()["twinmind"]["keys"]}
    world = default_world() | {"twinmind": {"keys": keys}}
    monkeypatch.setattr(inprocess, "default_world", lambda: world)
    # The production secret is JSON; our service reads the field out of it.
    loader = inprocess._key_loader

    def key_loader() -> Callable[[], str | None]:
        load = loader()
        return lambda: json.loads(load() or "{}").get("api_key")

    monkeypatch.setattr(inprocess, "_key_loader", key_loader)
    create = inprocess._create_secrets

    def create_secrets() -> None:
        create()
        secrets: Any = boto3.client("secretsmanager", region_name=inprocess.REGION)
        put = secrets.put_secret_value
        fields = {"note": garden.secret("field beside the key"), "api_key": keys["primary"]["key"]}
        put(SecretId="twinmind-api-key", SecretString=json.dumps(fields))
        old = garden.secret("older webhook secret", "whsec_")
        of_opsgenie = {"active": [old, WEBHOOK_SECRETS["opsgenie"]]}
        senders = WEBHOOK_SECRETS | {"slack": inprocess.SIGNING_SECRET, "opsgenie": of_opsgenie}
        put(SecretId="webhooks", SecretString=json.dumps(senders))

    monkeypatch.setattr(inprocess, "_create_secrets", create_secrets)
    broken = {label: entry | {"status": "revoked" if label == "primary" else "active"} for label, entry in keys.items()}
    return {"twinmind": {"keys": broken}, "twinmind_status": _loud_page(garden), "service": _loud_service(garden)}


def _loud_page(garden: Garden) -> Json:
    incident = {"name": f"Trouble {garden.plant('page')}", "status": "investigating", "impact": "none"}
    return {"description": garden.plant("page description"), "incidents": [incident]}


def _loud_service(garden: Garden) -> Json:
    return {"errors": {"ratio": 0.0, "type": garden.secret("metrics label")}}


def upstream_objects(garden: Garden) -> Json:
    plant = garden.plant
    alerts = [
        {"summary": plant("alert summary"), "alert_key": plant("alert key"), "details": {"firing": plant("details")}}
    ]
    incidents = {one: {"title": plant("title"), "alerts": alerts} for one in (PAGERDUTY, FAILING)}
    alert = {"message": plant("message"), "details": {"secret": plant("details")}, "tags": [plant("tag")]}
    return {
        "pagerduty": {"incidents": incidents},
        "opsgenie": {"alerts": {OPSGENIE: alert}},
        "jsm": {"alerts": {JSM: alert}},
    }


def play(aviary: Aviary) -> None:
    """Three incidents to their ends, a failing one, every kind of delivery, and trouble at each neighbour."""
    cloud, plant = aviary.cloud, aviary.garden.plant
    assert aviary.send("pagerduty", "incident_triggered", PAGERDUTY) == 202
    for name in sorted({*sample_names("pagerduty")} - {*ENDINGS, "incident_triggered"}):
        aviary.send("pagerduty", name, PAGERDUTY)
    cloud.wait_until(lambda: "publish_update" in cloud.invoked or "wait_for_change" in cloud.invoked)
    aviary.send("pagerduty", "incident_merged", "QCANARYMERGED")
    aviary.send("pagerduty", "incident_resolved", PAGERDUTY)
    assert aviary.end_of(f"pd-{PAGERDUTY}-1") == "SUCCEEDED"
    for source, alert_id in (("opsgenie", OPSGENIE), ("jsm", JSM)):
        trouble = {"status": 500, "message": plant("error body"), "times": 2}
        patch: Json = {vendor: {"fail_next": [dict(trouble)]} for vendor in ("slack", source, "statuspage")}
        cloud.sandbox.patch({"faults": patch, "twinmind": {"status_code": 503}})
        assert aviary.send(source, "create", alert_id) == 202
        for name in sorted({*sample_names(source)} - {*ENDINGS, "create"}):
            aviary.send(source, name, alert_id)
        cloud.wait_until(lambda: "wait_for_change" in cloud.invoked)
        cloud.sandbox.patch({"twinmind": {"status_code": None}, "slack": {"error": plant("slack error")}})
        aviary.send(source, "close", alert_id)
        assert aviary.end_of(f"{'og' if source == 'opsgenie' else 'jsm'}-{alert_id}-1") == "SUCCEEDED"
    fail(aviary)
    for source in WEBHOOK_SECRETS:
        aviary.forge(source)
    poison(aviary)
    aviary.answers += people_decide(cloud, aviary.garden)
    cloud.set_runbook({plant("override name"): plant("override value"), "modes": {"rotate": plant("override mode")}})
    by_hand = {"execution": {"name": "manual-canary", "arn": MACHINE_ARN}, "input": {"title": plant("title by hand")}}
    aviary.answers.append(cloud.invoke("open_incident", by_hand))
    aviary.answers.append(cloud.invoke("hand_over", bad_end(f"pd-{FAILING}-1", "FAILED")))
    aviary.answers.append(cloud.invoke("audit", {}))


def fail(aviary: Aviary) -> None:
    """The way of every unexpected error, whose text can hold anything."""
    cloud, garden = aviary.cloud, aviary.garden
    cloud.sandbox.patch({"slack": {"error": None}})
    # The key that was promoted is refused too, and the override breaks before the gate reads it.
    cloud.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "revoked"}}}})
    fails = fails_once("publish_update")
    broken = f"modes: {garden.secret('override value')}: [{garden.secret('override value')}"

    def interfere(name: str, event: Json) -> Any:
        if name == "rotate_api_key":
            cloud.client("ssm").put_parameter(Name=SETTINGS["RUNBOOK_PARAMETER"], Value=broken, Overwrite=True)
        return fails(name, event)

    cloud.interfere = interfere
    aviary.send("pagerduty", "incident_triggered", FAILING)
    assert aviary.end_of(f"pd-{FAILING}-1") == "FAILED"
    cloud.interfere = None
    assert "rotate_api_key" in cloud.invoked[-9:]
    # A cut at 500 characters must not let the half of one through.
    for before in range(380, 500, 9):
        cause = f"{'x ' * (before // 2)}{garden.plant('cause of a failure')} {garden.plant('cause of a failure')}"
        job = {"incident_id": f"pd-{FAILING}", "execution_number": before}
        told = {"job": job, "error": {"Error": "E", "Cause": cause}, "execution_arn": "a", "execution_name": "b"}
        aviary.answers.append(cloud.invoke("report_failure", told))


def poison(aviary: Aviary) -> None:
    """A message that route_alert cannot read, as a person with access to the queue could put it there."""
    body = json.dumps({"title": aviary.garden.plant("poison"), "source": aviary.garden.secret("poison")})
    aviary.cloud.client("sqs").send_message(
        QueueUrl=SETTINGS["QUEUE_URL"], MessageBody=body, MessageGroupId="g", MessageDeduplicationId="d"
    )
    assert len(aviary.cloud.drain()) == 1


@pytest.fixture
def finished(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> Callable[[], tuple[Garden, dict[str, str]]]:
    def run() -> tuple[Garden, dict[str, str]]:
        garden = Garden()
        world = secrets_of(garden, monkeypatch)
        monkeypatch.setattr(redact, "_memory", PerProcess())
        # As on Lambda, where the JSON log format sets the root logger to INFO.
        with caplog.at_level(logging.INFO), running_cloud(monkeypatch, world) as cloud:
            for name in ("responder", "werkzeug"):
                logging.getLogger(name).setLevel(logging.INFO)
            cloud.change_runbook({"endpoints": {"twinmind": {"key_json_field": "api_key"}}})
            cloud.sandbox.patch(upstream_objects(garden))
            aviary = Aviary(cloud, garden, Talkative(monkeypatch, garden), [])
            play(aviary)
            time.sleep(0.5)
            captured = capfd.readouterr()
            came_out = everything_that_came_out(aviary, list(caplog.records), captured.out + captured.err)
        return garden, came_out

    return run


def test_no_planted_secret_comes_out_anywhere(finished: Callable[[], tuple[Garden, dict[str, str]]]) -> None:
    garden, came_out = finished()
    assert len(garden.planted) >= 1000
    assert all(len(text) > 100 for text in came_out.values()), "a place was not searched"
    leaks = {place: garden.found_in(text) for place, text in came_out.items()}
    assert not any(leaks.values()), json.dumps(leaks, indent=1)

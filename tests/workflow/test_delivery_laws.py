"""The laws of delivery at the real edge: any order, any repetition, any two at once: one execution, one truth."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.audit import app as audit
from functions.route_alert import app as router
from responder.aws.incident_table import IncidentTable
from responder.domain.clock import iso
from responder.probes import service_metrics
from tests.support import deliveries
from tests.support.inprocess import SETTINGS, Cloud, notices, running_cloud

Json = dict[str, Any]
Delivery = tuple[str, Json]
LAWS = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


def at(minute: int) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30 - minute)


def pagerduty_story(incident: str, start: datetime) -> list[Delivery]:
    """Triggered, acknowledged, resolved, each through two subscriptions: the copy has an event.id of its own."""
    kinds = ("incident_triggered", "incident_acknowledged", "incident_resolved")
    bodies = [
        deliveries.pagerduty(kind, incident, occurred_at=iso(start + timedelta(minutes=number)), id=f"01{copy}{kind}")
        for number, kind in enumerate(kinds)
        for copy in ("FIRST", "SECOND")
    ]
    return [("pagerduty", body) for body in bodies]


def opsgenie_story(alert_id: str, start: datetime) -> list[Delivery]:
    """A Create by each of two integrations, the second one updated later; an acknowledgement; a close."""

    def moment(minute: int) -> Json:
        stamp = int((start + timedelta(minutes=minute)).timestamp() * 1000)
        return {"createdAt": int(start.timestamp() * 1000), "updatedAt": stamp * 1_000_000}

    other = deliveries.opsgenie("create", alert_id, **moment(0)) | {"integrationId": "another"}
    bodies = [
        deliveries.opsgenie("create", alert_id, **moment(0)),
        other,
        deliveries.opsgenie("acknowledge", alert_id, **moment(1)),
        deliveries.opsgenie("close", alert_id, **moment(2)),
    ]
    return [("opsgenie", body) for body in bodies]


def facts(cloud: Cloud, incident_id: str) -> Json:
    shown = cloud.incident(incident_id)
    entries = sorted((entry["at"], entry["kind"], entry["text"]) for entry in shown["timeline"])
    known = ("title", "status", "started_at", "acknowledged_at", "resolved_at", "severity")
    return {name: shown[name] for name in known} | {"timeline": entries}


def executions_of(cloud: Cloud, incident_id: str) -> list[str]:
    return [one["name"] for one in cloud.executions() if one["name"].startswith(f"{incident_id}-")]


@pytest.mark.parametrize(
    ("source", "prefix", "history"), [("pagerduty", "pd", pagerduty_story), ("opsgenie", "og", opsgenie_story)]
)
def test_any_order_and_repetition_of_deliveries_start_one_execution_and_end_with_the_same_facts(
    cloud: Cloud, source: str, prefix: str, history: Callable[[str, datetime], list[Delivery]]
) -> None:
    start, tries = at(0), [0]
    told: list[Json] = []

    @LAWS
    @given(st.data())
    def law(data: st.DataObject) -> None:
        tries[0] += 1
        upstream = f"LAW{source[:2].upper()}{tries[0]:04d}"
        bodies = history(upstream, start)
        order = data.draw(st.permutations(range(len(bodies))))
        repeated = data.draw(st.lists(st.sampled_from(range(len(bodies))), max_size=5))
        together = data.draw(st.lists(st.booleans(), min_size=len(order) + len(repeated), max_size=20))
        for number, drained in zip([*order, *repeated], together, strict=False):
            raw, headers = deliveries.signed(*bodies[number])
            assert cloud.receive(source, raw, headers)[0] == 202
            if drained:
                assert cloud.drain() == []
        assert cloud.drain() == []
        assert executions_of(cloud, f"{prefix}-{upstream}") == [f"{prefix}-{upstream}-1"]
        told.append(facts(cloud, f"{prefix}-{upstream}"))
        # Whether it was worked on before its end is no fact of the deliveries.
        assert told[-1]["acknowledged_at"] is not None
        assert {**told[-1], "timeline": len(told[-1]["timeline"])} == {**told[0], "timeline": len(told[0]["timeline"])}

    law()
    assert all(one["timeline"] == told[0]["timeline"] for one in told)


# At once


def at_once(*work: Callable[[], object]) -> None:
    """Runs all in threads of their own from one starting line; the first exception of any is raised."""
    line, failed = threading.Barrier(len(work)), []

    def run(one: Callable[[], object]) -> None:
        line.wait()
        try:
            one()
        except Exception as error:  # noqa: BLE001 - handed over to the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def records(cloud: Cloud, bodies: list[Json]) -> list[Json]:
    """The queue's messages for these deliveries, taken off it: FIFO is what usually keeps them apart."""
    for body in bodies:
        assert cloud.receive("pagerduty", *deliveries.signed("pagerduty", body))[0] == 202
    sqs = cloud.client("sqs")
    found: list[Json] = []
    while messages := sqs.receive_message(
        QueueUrl=SETTINGS["QUEUE_URL"], AttributeNames=["All"], MaxNumberOfMessages=10
    ).get("Messages"):
        for message in messages:
            sqs.delete_message(QueueUrl=SETTINGS["QUEUE_URL"], ReceiptHandle=message["ReceiptHandle"])
        found += [cloud.record_of(message) for message in messages]
    return found


def route(record: Json) -> None:
    assert router.handler({"Records": [record]}, None) == {"batchItemFailures": []}


@pytest.mark.parametrize("attempt", range(4))
def test_deliveries_of_one_incident_handled_at_once_lose_nothing_and_start_one_execution(
    cloud: Cloud, attempt: int
) -> None:
    kinds = ("incident_triggered", "incident_acknowledged", "incident_priority_updated")
    bodies = [deliveries.pagerduty(kind, "QATONCE", occurred_at=iso(at(number))) for number, kind in enumerate(kinds)]
    given_out = records(cloud, bodies)
    assert len(given_out) == len(kinds)

    at_once(*[partial(route, record) for record in (*given_out, given_out[attempt % 3])])
    assert executions_of(cloud, "pd-QATONCE") == ["pd-QATONCE-1"]
    shown = cloud.incident("pd-QATONCE")
    assert shown["acknowledged_at"] is not None
    assert sorted(entry["kind"] for entry in shown["timeline"]) == [
        "alert_acknowledged", "alert_priority_changed", "alert_triggered",
    ]  # fmt: skip
    assert IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-QATONCE").incident.people_severity is not None


@pytest.mark.parametrize("attempt", range(4))
def test_the_audit_at_the_same_time_starts_no_second_execution(cloud: Cloud, attempt: int) -> None:
    # Old enough for the audit to take it for forgotten.
    trigger = records(cloud, [deliveries.pagerduty(incident_id="QRACE", occurred_at=iso(at(0)))])
    at_once(partial(route, trigger[0]), *[lambda: audit.handler({}, None)] * 3)
    audit.handler({}, None)
    assert executions_of(cloud, "pd-QRACE") == ["pd-QRACE-1"]
    assert IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-QRACE").execution_number == 1


def test_changes_at_once_are_all_kept(cloud: Cloud) -> None:
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id="QMANY"))
    table = IncidentTable(SETTINGS["TABLE_NAME"])

    def add(one: int) -> Callable[[], object]:
        def decide(present: Any) -> Any:
            return present.model_copy(update={"related": (*present.related, f"pd-{one}")})

        return lambda: table.change("pd-QMANY", decide)

    at_once(*[add(one) for one in range(6)])
    assert sorted(table.get("pd-QMANY").incident.related) == [f"pd-{one}" for one in range(6)]
    assert table.get("pd-QMANY").execution_number == 1


# Two incidents about one integration


def test_two_incidents_with_one_revoked_key_share_rotation_thread_and_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    revoked = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}
    monkeypatch.setattr(service_metrics, "APART", 0.2)
    with running_cloud(monkeypatch, revoked) as cloud:
        for incident in ("QTWIN1", "QTWIN2"):
            deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=incident))
        for incident in ("QTWIN1", "QTWIN2"):
            assert cloud.wait_for(f"pd-{incident}-1", seconds=90)["status"] == "SUCCEEDED"
        shown = [cloud.incident(f"pd-{incident}") for incident in ("QTWIN1", "QTWIN2")]
        assert [one["status"] for one in shown] == ["resolved", "resolved"]
        secret = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
        labels = [label for labels in secret["VersionIdsToStages"].values() for label in labels]
        outcomes = [action["outcome"] for one in shown for action in one["actions"] if action["name"] == "rotate"]
        assert outcomes.count("promoted") == 1
        assert (len(secret["VersionIdsToStages"]), labels.count("AWSCURRENT"), labels.count("AWSPENDING")) == (2, 1, 0)
        assert cloud.sandbox.world.snapshot()["service"]["running"]["key"] == "standby-1"
        public = cloud.sandbox.world.snapshot()["statuspage"]["incidents"]
        assert [one["status"] for one in public.values()] == ["resolved"]
        posted = [call["body"] for call in cloud.sandbox.journal("slack") if call["path"].endswith("chat.postMessage")]
        assert len([body for body in posted if "thread_ts" not in body]) == 1
        assert all("QTWIN" in str(body) for body in posted)
        assert not [notice for notice in notices() if "go on by hand" in notice]

"""Whatever fails for a while: no stored delivery is lost, and the incident ends handled or with people told."""

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from responder.domain.clock import iso
from responder.probes import service_metrics
from tests.support import deliveries
from tests.support.aws_faults import PATTERNS, Weather
from tests.support.ingest_queue import DEAD, MOST_RECEIVES, pump, send_until_taken, waiting, with_dead_letters
from tests.support.inprocess import SETTINGS, Cloud, notices, running_cloud
from tests.workflow.histories import INCIDENT, REVOKED, UPSTREAM, bad_end, trigger

Json = dict[str, Any]


@pytest.fixture
def weather(monkeypatch: pytest.MonkeyPatch) -> Weather:
    return Weather(monkeypatch)


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch, weather: Weather) -> Iterator[Cloud]:
    """Executions start and stay; nothing of them runs."""
    with running_cloud(monkeypatch, execute=False) as running:
        with_dead_letters(running)
        yield running


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, weather: Weather) -> Iterator[Cloud]:
    monkeypatch.setattr(service_metrics, "APART", 0.2)
    with running_cloud(monkeypatch, REVOKED) as running:
        running.change_runbook({"monitoring": {"close_after_seconds": 0, "confirmations": 1}})
        yield running


def names(cloud: Cloud) -> list[str]:
    return sorted(execution["name"] for execution in cloud.executions())


# At the door


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("service", ["secretsmanager", "sqs"])
def test_202_is_only_said_of_what_is_on_the_queue(still: Cloud, weather: Weather, service: str, pattern: str) -> None:
    weather.storm({service}, PATTERNS[pattern])
    first = send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id="QDOOR1"), tries=3)
    second = send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id="QDOOR2"), tries=3)
    assert set(first) | set(second) <= {202, 503}
    # The secret is read once and kept, so that a second call never comes.
    assert weather.refused or (service, pattern) == ("secretsmanager", "some")
    weather.clear()
    for incident, statuses in (("QDOOR1", first), ("QDOOR2", second)):
        if 202 not in statuses:
            assert send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id=incident)) == [202]
    while waiting(still):
        assert pump(still) == 0
    assert names(still) == ["pd-QDOOR1-1", "pd-QDOOR2-1"]


# Behind the queue


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("service", ["dynamodb", "ssm", "stepfunctions"])
def test_a_stored_delivery_outlives_the_fault(still: Cloud, weather: Weather, service: str, pattern: str) -> None:
    for kind in ("incident_triggered", "incident_acknowledged", "incident_annotated"):
        send_until_taken(still, "pagerduty", deliveries.pagerduty(kind, "QFAULT"))
    weather.storm({service}, PATTERNS[pattern])
    for _ in range(MOST_RECEIVES - 1):
        pump(still)
    assert weather.refused
    weather.clear()
    while waiting(still):
        assert pump(still) == 0
    assert waiting(still, DEAD) == 0
    assert names(still) == ["pd-QFAULT-1"]
    shown = still.incident("pd-QFAULT")
    kinds = sorted(entry["kind"] for entry in shown["timeline"])
    assert kinds == ["alert_acknowledged", "alert_annotated", "alert_triggered"]
    assert shown["acknowledged_at"] is not None


def test_an_unreadable_override_does_not_make_our_own_acknowledgement_a_person_s(
    still: Cloud, weather: Weather
) -> None:
    deliveries.deliver(still, "pagerduty", deliveries.pagerduty(incident_id="QBOT"))
    execution = {"name": "pd-QBOT-1", "arn": "arn"}
    still.invoke("open_incident", {"execution": execution, "input": {"incident_id": "pd-QBOT", "execution_number": 1}})
    bot = {"id": "PRESPONDER", "type": "user_reference", "summary": "Responder"}
    weather.storm({"ssm"}, PATTERNS["all"])
    deliveries.deliver(still, "pagerduty", deliveries.pagerduty("incident_acknowledged", "QBOT", agent=bot))
    assert still.incident("pd-QBOT")["acknowledged_at"] is None


def test_a_late_trigger_whose_execution_could_not_be_started_is_started_by_its_redelivery(
    still: Cloud, weather: Weather
) -> None:
    earlier = deliveries.iso_now()
    deliveries.deliver(still, "pagerduty", deliveries.pagerduty("incident_resolved", "QLATE"))
    late = deliveries.pagerduty(incident_id="QLATE", occurred_at=earlier)
    send_until_taken(still, "pagerduty", late)
    weather.storm({"stepfunctions"}, PATTERNS["all"])
    assert pump(still) == 1
    weather.clear()
    assert pump(still) == 0
    assert names(still) == ["pd-QLATE-1"]


def test_what_the_queue_gave_up_is_started_by_the_audit_with_people_told(still: Cloud, weather: Weather) -> None:
    two_minutes_ago = iso(datetime.now(UTC) - timedelta(minutes=2))
    send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id="QGIVEN", occurred_at=two_minutes_ago))
    weather.storm({"stepfunctions"}, PATTERNS["all"])
    assert [pump(still) for _ in range(MOST_RECEIVES)] == [1] * MOST_RECEIVES
    weather.clear()
    assert pump(still) == 0
    assert waiting(still, DEAD) == 1
    assert still.invoke("audit", {})["started"] == ["pd-QGIVEN"]
    assert names(still) == ["pd-QGIVEN-1"]
    assert any("no execution ran" in notice for notice in notices())


def test_the_audit_leaves_an_incident_alone_that_is_being_started(still: Cloud, weather: Weather) -> None:
    send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id="QNEW"))
    weather.storm({"stepfunctions"}, PATTERNS["all"], spare=("audit",))
    pump(still)
    assert still.invoke("audit", {}) == {
        "open": 1,
        "started": [],
        "failed": [],
        "switched": [],
        "reminded": [],
        "override": None,
    }
    assert notices() == []


# Partial failures


def put(cloud: Cloud, group: str, body: str, number: int) -> None:
    cloud.client("sqs").send_message(
        QueueUrl=SETTINGS["QUEUE_URL"],
        MessageBody=body,
        MessageGroupId=group,
        MessageDeduplicationId=f"{group}-{number}",
    )


@pytest.mark.parametrize("body", ["", "{", "null", '{"incident_id": "pd-Q1"}', '{"source": "pagerduty", "more": 1}'])
def test_a_poison_message_goes_to_the_dead_letters_and_blocks_nobody_else(still: Cloud, body: str) -> None:
    put(still, "pd-QPOISON", body or " ", 1)
    send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id="QHEALTHY"))
    assert pump(still) == 1
    assert names(still) == ["pd-QHEALTHY-1"]
    for _ in range(MOST_RECEIVES):
        pump(still)
    assert (waiting(still), waiting(still, DEAD)) == (0, 1)


def test_within_an_incident_the_order_holds_while_another_goes_on(still: Cloud, weather: Weather) -> None:
    for kind in ("incident_triggered", "incident_acknowledged", "incident_resolved"):
        send_until_taken(still, "pagerduty", deliveries.pagerduty(kind, "QORDER"))
    send_until_taken(still, "pagerduty", deliveries.pagerduty(incident_id="QOTHER"))
    # The fourth call is the first delivery's write of its incident: its group waits, the other one does not.
    weather.storm({"dynamodb"}, lambda number: number == 3)
    assert pump(still) == 3
    assert names(still) == ["pd-QOTHER-1"]
    assert pump(still) == 0
    kinds = [entry["kind"] for entry in still.incident("pd-QORDER")["timeline"]]
    assert kinds == ["alert_triggered", "alert_acknowledged", "alert_resolved"]
    assert names(still) == ["pd-QORDER-1", "pd-QOTHER-1"]


# While the workflow runs


def brought_to_its_end(cloud: Cloud, weather: Weather) -> int:
    """What AWS does around us: EventBridge after a bad end, the audit every minute. Which generation did it."""
    for execution_number in range(1, 5):
        name = f"{INCIDENT}-{execution_number}"
        if cloud.wait_for(name, seconds=60)["status"] == "SUCCEEDED":
            return execution_number
        # Lambda tries an asynchronous call three times; after that its failure goes to the topic.
        with contextlib.suppress(ClientError, BotoCoreError):
            cloud.invoke("hand_over", bad_end(name, "FAILED"))
        weather.clear()
        cloud.invoke("hand_over", bad_end(name, "FAILED"))
        cloud.invoke("audit", {})
    raise AssertionError("four generations failed")


def proper_end(cloud: Cloud) -> Json:
    shown = cloud.incident(INCIDENT)
    assert shown["status"] == "resolved"
    stages = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
    labels = [label for labels in stages["VersionIdsToStages"].values() for label in labels]
    assert labels.count("AWSCURRENT") == 1
    assert "AWSPENDING" not in labels
    return shown


@pytest.mark.parametrize(("services", "start"), [({"dynamodb"}, 30), ({"secretsmanager", "stepfunctions"}, 0)])
def test_a_service_that_fails_while_the_incident_is_handled(
    cloud: Cloud, weather: Weather, services: set[str], start: int
) -> None:
    """For twelve calls; the table is asked so often that it fails in the middle of the work."""
    trigger(cloud)
    weather.storm(services, lambda number: start <= number < start + 12)
    execution_number = brought_to_its_end(cloud, weather)
    assert weather.refused
    shown = proper_end(cloud)
    assert cloud.sandbox.world.snapshot()["service"]["running"]["key"] == "standby-1"
    if execution_number > 1:
        assert any("failed" in notice for notice in notices())
        assert "workflow_ended" in [entry["kind"] for entry in shown["timeline"]]


def test_ways_out_that_are_closed_are_named_and_the_rest_goes_on(cloud: Cloud, weather: Weather) -> None:
    """No mail and no bucket: the report cannot be written, which ends red, and another channel says both."""
    weather.storm({"sns", "s3"}, PATTERNS["all"])
    assert cloud.wait_for(trigger(cloud), seconds=60)["status"] == "FAILED"
    shown = proper_end(cloud)
    texts = " ".join(entry["text"] for entry in shown["timeline"])
    assert "E-mail (SNS) did not take" in texts
    assert "The workflow failed" in texts
    posted = json.dumps([call["body"] for call in cloud.sandbox.journal("slack")])
    assert "did not take our message" in posted
    assert "failed; go on by hand" in posted


def test_a_stop_switch_that_cannot_be_read_counts_as_thrown_and_people_are_told(cloud: Cloud, weather: Weather) -> None:
    weather.storm({"ssm"}, PATTERNS["all"], spare=("route_alert", "open_incident"))
    name = trigger(cloud)
    cloud.wait_until(lambda: "wait_for_change" in cloud.invoked)
    shown = cloud.incident(INCIDENT)
    assert [(action["name"], action["outcome"]) for action in shown["actions"]] == [("rotate", "observed")]
    assert shown["status"] == "handed_over"
    weather.clear()
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
    assert cloud.wait_for(name)["status"] == "SUCCEEDED"
    proper_end(cloud)
    assert cloud.sandbox.world.snapshot()["service"]["running"]["key"] == "primary"


DOWN: dict[str, Json] = {
    "all along": {
        "slack": {"up": False},
        "statuspage": {"throttle": True},
        "pagerduty": {"rate_limited": True},
        "twinmind_status": {"reachable": False},
        "tickets": {"up": False},
    },
    "once each": {
        "faults": {one: {"lose_answer": 1} for one in ("slack", "statuspage", "pagerduty", "tickets")}
        | {one: {"fail_next": [{"status": 500}]} for one in ("twinmind", "service", "twinmind_status")}
    },
}


@pytest.mark.parametrize("trouble", DOWN)
def test_neighbours_in_trouble_do_not_keep_the_key_from_being_rotated(cloud: Cloud, trouble: str) -> None:
    cloud.sandbox.patch(DOWN[trouble])
    name = trigger(cloud)
    assert cloud.wait_for(name, seconds=60)["status"] == "SUCCEEDED"
    proper_end(cloud)
    assert cloud.sandbox.world.snapshot()["service"]["running"]["key"] == "standby-1"
    assert any("key" in notice.lower() for notice in notices())


@pytest.mark.parametrize("given", ['"a text"', "[1]"])
def test_an_execution_started_by_hand_with_something_odd_ends_red_with_people_told(cloud: Cloud, given: str) -> None:
    machine = SETTINGS["STATE_MACHINE_ARN"]
    cloud.client("stepfunctions").start_execution(stateMachineArn=machine, name="manual-odd", input=given)
    assert cloud.wait_for("manual-odd")["status"] == "FAILED"
    assert any("manual-odd" in notice and "must be an object" in notice for notice in notices())


def test_a_dot_in_the_name_of_an_execution_started_by_hand_makes_an_incident_that_is_handed_over(still: Cloud) -> None:
    """The next execution is named by the incident, and one with a dot in its name is not logged."""
    by_hand = {"execution": {"name": "manual-v2.1", "arn": f"{SETTINGS['STATE_MACHINE_ARN']}:x"}, "input": {}}
    assert still.invoke("open_incident", by_hand)["incident_id"] == "manual-v2-1"
    assert still.invoke("hand_over", bad_end("manual-v2.1", "ABORTED", given={})) == {"incident_id": "manual-v2-1"}


def test_an_incident_that_was_given_up_ends_with_its_upstream_end_and_starts_afresh_when_reopened(still: Cloud) -> None:
    deliveries.deliver(still, "pagerduty", deliveries.pagerduty(incident_id=UPSTREAM))
    still.invoke("hand_over", bad_end(f"{INCIDENT}-1", "ABORTED"))
    assert still.incident(INCIDENT)["status"] == "handed_over"
    deliveries.deliver(still, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
    assert still.incident(INCIDENT)["status"] == "resolved"
    assert still.invoke("audit", {}) == {
        "open": 0,
        "started": [],
        "failed": [],
        "switched": [],
        "reminded": [],
        "override": None,
    }
    deliveries.deliver(still, "pagerduty", deliveries.pagerduty("incident_reopened", UPSTREAM))
    assert still.incident(INCIDENT)["status"] == "open"

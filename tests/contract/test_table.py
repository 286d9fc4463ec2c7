"""The table's promises, on DynamoDB as moto plays it: claims, marks, the timeline, lists, optimistic changes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from responder.aws.clients import client
from responder.aws.incident_table import IncidentTable, WriteConflict
from responder.aws.lease import Lease
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident, IncidentStatus, TimelineEntry
from tests.support.inprocess import REGION, SETTINGS, create_table, reset_caches
from tests.support.webhooks import RECEIVED_AT as AT


@pytest.fixture
def table() -> Iterator[IncidentTable]:
    with mock_aws():
        reset_caches()
        create_table(boto3.client("dynamodb", region_name=REGION))
        yield IncidentTable(SETTINGS["TABLE_NAME"])
    reset_caches()


def an_incident(number: int = 1, status: IncidentStatus = IncidentStatus.OPEN) -> Incident:
    at = AT + timedelta(minutes=number)
    return Incident(id=f"pd-Q{number}", source="pagerduty", upstream_id=f"Q{number}", started_at=at, status=status)


def an_entry(key: str, minute: int, text: str = "Something happened.") -> TimelineEntry:
    return TimelineEntry(at=AT + timedelta(minutes=minute), kind="note", text=text, key=key)


def test_of_many_claims_one_holds(table: IncidentTable) -> None:
    held = [table.acquire("rotation", Lease(by=str(number)), timedelta(minutes=1)) for number in range(4)]
    assert held == [True, False, False, False]
    assert table.get_record("rotation", Lease) == Lease(by=str(0))


def test_an_expired_claim_can_be_taken_and_a_dropped_one_too(table: IncidentTable) -> None:
    assert table.acquire("thread", Lease(by=str(1)), timedelta(seconds=-1))
    assert table.get_record("thread", Lease) is None
    assert table.acquire("thread", Lease(by=str(2)), timedelta(minutes=1))
    assert not table.acquire("thread", Lease(by=str(3)), timedelta(minutes=1))
    table.delete_record("thread")
    assert table.acquire("thread", Lease(by=str(4)), timedelta(minutes=1))


def test_the_timeline_is_in_order_and_an_entry_is_written_once(table: IncidentTable) -> None:
    assert table.record("pd-Q1", an_entry("second", 2))
    assert table.record("pd-Q1", an_entry("first", 1))
    assert not table.record("pd-Q1", an_entry("second", 9, "Something else."))
    assert [(entry.key, entry.text) for entry in table.timeline("pd-Q1")] == [
        ("first", "Something happened."),
        ("second", "Something happened."),
    ]


def test_a_change_between_reading_and_writing_is_kept(table: IncidentTable) -> None:
    """moto itself loses updates between threads, so the other writer is played inside the first one's decision."""
    table.change("pd-Q1", lambda _: an_incident())
    others = [f"pd-R{number}" for number in range(3)]

    def decide(present: Incident | None) -> Incident:
        assert present is not None
        if others:
            table.amend("pd-Q1", related=(*present.related, others.pop()))
        return present.model_copy(update={"title": "mine"})

    table.change("pd-Q1", decide)
    stored = table.get("pd-Q1").incident
    assert (stored.title, sorted(stored.related)) == ("mine", ["pd-R0", "pd-R1", "pd-R2"])


def test_an_incident_that_never_holds_still_is_a_conflict(table: IncidentTable) -> None:
    table.change("pd-Q1", lambda _: an_incident())

    def disturbed(present: Incident | None) -> Incident:
        assert present is not None
        IncidentTable(SETTINGS["TABLE_NAME"]).amend("pd-Q1", failures=present.failures + 1)
        return present.model_copy(update={"title": "mine"})

    with pytest.raises(WriteConflict, match="pd-Q1"):
        table.change("pd-Q1", disturbed)


def test_a_change_if_quiet_is_refused_after_an_event(table: IncidentTable) -> None:
    table.change("pd-Q1", lambda _: an_incident())
    table.count_event("pd-Q1")
    closed = an_incident(status=IncidentStatus.RESOLVED)
    assert table.change_if_quiet("pd-Q1", 0, lambda _: closed) is None
    assert table.change_if_quiet("pd-Q1", 1, lambda _: closed) == closed


def test_the_lists_hold_what_is_open_newest_first_and_page(table: IncidentTable) -> None:
    for number in range(5):
        status = IncidentStatus.RESOLVED if number == 3 else IncidentStatus.HANDED_OVER
        table.change(f"pd-Q{number}", lambda _, n=number, s=status: an_incident(n, s))  # type: ignore[misc]
    page, cursor = table.listed("open", 3, None)
    rest, end = table.listed("open", 3, cursor)
    assert [one.id for one in page + rest] == ["pd-Q4", "pd-Q2", "pd-Q1", "pd-Q0"]
    assert end is None
    assert table.open_ids() == ["pd-Q4", "pd-Q2", "pd-Q1", "pd-Q0"]


def test_a_round_s_findings_replace_those_of_the_same_name(table: IncidentTable) -> None:
    for status in (FindingStatus.OK, FindingStatus.FAILED):
        table.keep_findings("pd-Q1", "001-0000", [Finding(probe="p", status=status, summary="s", at=AT)])
    assert [finding.status for finding in table.findings("pd-Q1", "001-0000")] == [FindingStatus.FAILED]
    assert table.findings("pd-Q1", "001-0001") == []


def test_a_delivery_is_done_only_when_it_was_marked_so(table: IncidentTable) -> None:
    assert not table.delivery_is_done("print")
    table.keep_delivery("print", "received")
    assert not table.delivery_is_done("print")
    table.keep_delivery("print", "done")
    assert table.delivery_is_done("print")


def test_of_two_writers_who_saw_the_same_version_one_is_refused(table: IncidentTable) -> None:
    assert table.versioned("overrides", Lease) == (None, 0)
    assert table.set_versioned("overrides", Lease(by="first"), 0)
    assert not table.set_versioned("overrides", Lease(by="second"), 0)
    assert table.versioned("overrides", Lease) == (Lease(by="first"), 1)
    assert table.set_versioned("overrides", Lease(by="second"), 1)
    assert table.versioned("overrides", Lease) == (Lease(by="second"), 2)
    assert table.get_record("overrides", Lease) is None


def test_no_condition_compares_a_value_with_itself_nor_leaves_one_unnamed(table: IncidentTable) -> None:
    """DynamoDB refuses both with a ValidationException, moto takes them."""
    asked: list[dict[str, Any]] = []
    events = client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb.UpdateItem", lambda params, **_: asked.append(params))
    table.change("pd-Q1", lambda _: an_incident())
    table.change("pd-Q1", lambda _: an_incident(status=IncidentStatus.RESOLVED))
    assert table.set_versioned("service_flags", Lease(by="1"), 0)
    assert table.set_versioned("service_flags", Lease(by="2"), 1)
    assert not table.set_versioned("service_flags", Lease(by="3"), 1)
    assert len(asked) == 5
    for one in asked:
        named = f"{one['UpdateExpression']} {one['ConditionExpression']}"
        assert not re.search(r"(\S+) (=|<>|<=?|>=?) \1(?!\S)", one["ConditionExpression"])
        assert {name for name in one["ExpressionAttributeValues"] if not re.search(rf"{name}\b", named)} == set()

"""The wake-up handshake: whatever the order of parking and events, an event that the machine has not seen wakes it."""

from collections.abc import Iterator

import boto3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from responder.aws.incident_table import IncidentTable
from responder.domain.incident import Incident
from tests.support.inprocess import REGION, SETTINGS, create_table, reset_caches
from tests.support.webhooks import RECEIVED_AT

# What the two sides do, one atomic step at a time: the machine reads the state, then parks; events come whenever.
STEPS = st.lists(st.sampled_from(["read", "park", "event"]), max_size=14)


@pytest.fixture(scope="module")
def table() -> Iterator[IncidentTable]:
    with mock_aws():
        reset_caches()
        create_table(boto3.client("dynamodb", region_name=REGION))
        yield IncidentTable(SETTINGS["TABLE_NAME"])
    reset_caches()


@settings(max_examples=150, deadline=None)
@given(steps=STEPS, number=st.integers(min_value=0, max_value=10**12))
def test_no_event_is_slept_through(table: IncidentTable, steps: list[str], number: int) -> None:
    incident_id = f"pd-{number}-{'-'.join(step[0] for step in steps)}"
    fresh = Incident(id=incident_id, source="pagerduty", upstream_id="Q", started_at=RECEIVED_AT)
    table.change(incident_id, lambda _: fresh)
    seen = table.get(incident_id).event_seq
    asleep: str | None = None
    events = 0
    for iteration, step in enumerate(steps):
        if step == "read" and asleep is None:
            seen = table.get(incident_id).event_seq
        elif step == "park" and asleep is None:
            token = f"token-{iteration}"
            asleep = token if table.store_wait_token(incident_id, token, seen) else None
        elif step == "event":
            events += 1
            woken = table.count_event(incident_id)
            # The one who sleeps is woken by the very next event; nobody else's token is answered.
            assert woken == asleep
            asleep = None
        assert asleep is None or seen == events


@settings(max_examples=60, deadline=None)
@given(number=st.integers(min_value=0, max_value=10**12))
def test_parking_with_an_event_unseen_does_not_sleep(table: IncidentTable, number: int) -> None:
    incident_id = f"pd-unseen-{number}"
    fresh = Incident(id=incident_id, source="pagerduty", upstream_id="Q", started_at=RECEIVED_AT)
    table.change(incident_id, lambda _: fresh)
    seen = table.get(incident_id).event_seq
    table.count_event(incident_id)
    assert table.store_wait_token(incident_id, "token", seen) is False
    assert table.store_wait_token(incident_id, "token", seen + 1) is True


def test_a_change_of_the_incident_leaves_token_and_counters_alone(table: IncidentTable) -> None:
    fresh = Incident(id="pd-kept", source="pagerduty", upstream_id="Q", started_at=RECEIVED_AT)
    table.change("pd-kept", lambda _: fresh)
    assert table.store_wait_token("pd-kept", "token", 0)
    assert table.next_execution("pd-kept", 0)
    table.amend("pd-kept", title="changed")
    stored = table.get("pd-kept")
    assert (stored.incident.title, stored.execution_number, stored.event_seq) == ("changed", 1, 0)
    assert table.count_event("pd-kept") == "token"

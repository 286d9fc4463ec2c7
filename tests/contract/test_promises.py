"""“Next update by”: what people are promised, where, and that it is kept there."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged
from responder.context import open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.incident import LatestValue
from responder.domain.monitoring_state import MonitoringState
from responder.domain.update import Kind
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.messages.compose import announced
from responder.notify import CHANNELS
from responder.workflow import deadlines
from responder.workflow.next_step import next_step
from tests.support.inprocess import Cloud, notices
from tests.support.notifications import AT, context_at, notes, public_entries, recent, slack_messages

ID = "pd-PABC123"
PROMISE = re.compile(r"Next update by (\d\d:\d\d) UTC")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(told_at=MOMENTS, severity=st.sampled_from(Severity))
def test_the_promise_is_a_full_minute_and_leaves_time_to_tell(told_at: datetime, severity: Severity) -> None:
    runbook = packaged()
    promised = deadlines.promised_by(runbook, severity, told_at)
    assert (promised.second, promised.microsecond) == (0, 0)
    begun = deadlines.next_update(runbook, severity, told_at)
    assert timedelta(seconds=30) <= promised - begun < timedelta(seconds=90)


@pytest.mark.parametrize("kind", ["escalation", "handover", "upstream_activity"])
def test_what_the_public_does_not_read_does_not_put_its_update_off(cloud: Cloud, kind: str) -> None:
    """An escalation goes to those who work on it; the notice was promised a word before."""
    ctx = context_at(recent())
    cloud.invoke("announce_incident", {"incident_id": ID, "execution_number": 1})
    promised = open_context({"incident_id": ID}).incident.told_at
    assert PROMISE.search(public_entries(cloud)[0]["incident_updates"][0]["body"])
    cloud.invoke("publish_update", {"incident_id": ID, "execution_number": 1, "kind": kind, "level": 2})
    assert open_context({"incident_id": ID}).incident.told_at == promised
    due = deadlines.next_update(ctx.runbook, Severity.P1, promised or AT)
    acknowledged = LatestValue(at=due, value=True)
    incident = open_context({"incident_id": ID}).incident.model_copy(update={"acknowledgement": acknowledged})
    assert next_step(incident, MonitoringState(probed_at=due, runs=1), ctx.runbook, due).kind == "progress"


def test_a_severity_that_people_chose_sets_the_time_of_the_update_at_once(cloud: Cloud) -> None:
    """The watch calls for it by people's severity: refused by ours, it would be called for again without a pause."""
    chosen = LatestValue(at=now(), value=Severity.P1.value)
    context_at(recent(severity=Severity.P3, chosen_severity=chosen, told_at=now() - timedelta(minutes=21)))
    sent = cloud.invoke("publish_update", {"incident_id": ID, "execution_number": 1, "kind": "progress"})["sent"]
    assert "slack" in sent


def test_no_channel_promises_what_it_does_not_carry(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    update = announced(notification_context(ctx))
    for channel in CHANNELS.values():
        delivery.deliver(ctx, channel, update)
    assert PROMISE.search(json.dumps(slack_messages(cloud)))
    assert PROMISE.search(json.dumps(public_entries(cloud)))
    [issue] = cloud.sandbox.world["tickets"]["issues"].values()
    silent = [notes(cloud), notices(), issue["fields"], issue["comments"]]
    assert [place for place in silent if "Next update" in json.dumps(place, default=str)] == []
    carriers = {channel.name for channel in CHANNELS.values() if Kind.PROGRESS in channel.kinds}
    assert carriers == {"slack", "statuspage", "ticket", "outgoing_webhook"}

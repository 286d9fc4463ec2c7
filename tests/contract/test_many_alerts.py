"""200 alerts in a minute, for one incident and for 50: few executions, one thread, one public notice."""

from collections.abc import Iterator

import pytest

from responder.config.runbook import packaged
from responder.context import open_context
from responder.integrations.statuspage import client as statuspage_client
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.messages.compose import announced
from responder.notify import CHANNELS
from tests.support import deliveries
from tests.support.inprocess import Cloud, running_cloud
from tests.support.notifications import context_at, public_entries, recent, slack_messages

ALERTS = 200


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Executions start and stay; nothing of them runs."""
    monkeypatch.setattr(statuspage_client, "PACE_SECONDS", 0.0)
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


@pytest.mark.parametrize("incidents", [1, 50])
def test_no_more_executions_than_incidents_and_than_the_runbook_allows(still: Cloud, incidents: int) -> None:
    for number in range(ALERTS):
        body = deliveries.pagerduty(incident_id=f"QMANY{number % incidents}", id=f"event-{number}")
        assert still.receive("pagerduty", *deliveries.signed("pagerduty", body))[0] == 202
    assert still.drain() == []
    names = sorted(execution["name"] for execution in still.executions())
    most = packaged().monitoring.most_executions
    assert names == sorted(f"pd-QMANY{number}-1" for number in range(min(incidents, most)))
    # The rest is followed under the first, each with its own alerts.
    assert still.incident("pd-QMANY0")["grouped"] == [f"pd-QMANY{number}" for number in range(most, incidents)]
    for number in range(incidents):
        kinds = [entry["kind"] for entry in still.incident(f"pd-QMANY{number}")["timeline"]]
        assert kinds.count("alert_triggered") == ALERTS // incidents
    # Nobody is told by the door: what is said comes once an incident, from its execution.
    assert still.sandbox.journal("slack") == still.sandbox.journal("statuspage") == []


def test_incidents_that_are_open_together_name_each_other(still: Cloud) -> None:
    for name in ("pd-QFIRST", "pd-QSECOND"):
        context_at(recent(name))
    for _ in range(2):
        still.invoke("announce_incident", {"incident_id": "pd-QSECOND", "execution_number": 1})
    assert still.incident("pd-QSECOND")["related"] == ["pd-QFIRST"]
    assert still.incident("pd-QFIRST")["related"] == ["pd-QSECOND"]


def test_ten_incidents_share_a_thread_and_a_notice(still: Cloud) -> None:
    for number in range(10):
        ctx = context_at(recent(f"pd-QMANY{number}"))
        for name in ("slack", "statuspage"):
            for _ in range(2):
                update = announced(notification_context(open_context({"incident_id": ctx.incident.id})))
                assert delivery.deliver(ctx, CHANNELS[name], update).outcome == "sent"
    heads = [message for message in slack_messages(still) if "thread_ts" not in message]
    assert (len(heads), len(slack_messages(still))) == (1, 11)
    [entry] = public_entries(still)
    assert len(entry["incident_updates"]) == 1
    # One look and one post for the first, nothing for those who join.
    assert len(still.sandbox.journal("statuspage")) == 2

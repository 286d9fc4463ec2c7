"""Incidents to tell people about, on moto and the sandbox: what the tests of messages and channels start from."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from responder import context as desk_module
from responder.aws.incident_table import IncidentTable
from responder.config.runbook import packaged
from responder.config.settings import Settings
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Scenario, Severity
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import ActionRecord, Incident
from responder.notifications.messages.notification import NotificationContext
from tests.support.inprocess import SETTINGS, Cloud, create_topics, credentials, running_cloud
from tests.support.pauses import skip_pauses

AT = datetime(2026, 6, 1, 14, 2, 11, tzinfo=UTC)
CHANNEL = "C0INCIDENTS"


def an_incident(incident_id: str = "pd-PABC123", **changes: Any) -> Incident:
    """A diagnosed P1: our key is rejected, users are affected."""
    fixed = Incident(
        id=incident_id,
        source="pagerduty",
        upstream_id=incident_id.partition("-")[2],
        title="TwinMindHighErrorRate: 100% of transcriptions fail",
        url=f"https://acme.pagerduty.com/incidents/{incident_id}",
        started_at=AT,
        severity=Severity.P1,
        scenario=Scenario.AUTHENTICATION_FAILURE,
        cause=Cause.KEY_REJECTED,
        verdict=Cause.KEY_REJECTED.verdict,
        confidence=0.95,
        reasons=(
            "twinmind_account: our key is answered with 401.",
            "twinmind_standby_key: a standby key works, so TwinMind itself is up.",
        ),
        impact="118 of 120 calls a minute fail.",
        user_impact=True,
        evidence_run="diagnosis-1-1",
        execution_arns=(f"{SETTINGS['STATE_MACHINE_ARN'].replace(':stateMachine:', ':execution:')}:{incident_id}-1",),
        opened_at=AT + timedelta(seconds=4),
    )
    return fixed.model_copy(update=changes)


def a_situation(incident: Incident, *actions: ActionRecord, **changes: Any) -> NotificationContext:
    runbook = packaged()
    fields: dict[str, Any] = {
        "incident": incident,
        "runbook": runbook,
        "now": AT + timedelta(seconds=20),
        "settings": Settings.read(SETTINGS),
        "modes": runbook.modes.model_dump(),
        "actions": actions,
    }
    return NotificationContext(**(fields | changes))


def an_action(outcome: str, text: str, name: str = "rotate") -> ActionRecord:
    return ActionRecord(name=name, mode="auto", plan="Rotate.", outcome=outcome, at=AT, data={"text": text})


def a_finding(probe: str, status: FindingStatus, summary: str) -> Finding:
    return Finding(probe=probe, status=status, summary=summary, at=AT, duration_ms=40)


@contextmanager
def a_world() -> Iterator[Cloud]:
    """A cloud in which no execution runs, and no pause takes time."""
    with pytest.MonkeyPatch.context() as patch, running_cloud(patch, execute=False) as cloud:
        skip_pauses(patch, cloud)
        yield cloud


def made_fresh(cloud: Cloud) -> Cloud:
    """As at its start, without building it again: that takes a second, and there are many tests."""
    cloud.sandbox.reset()
    table = cloud.client("dynamodb")
    for item in table.scan(TableName=SETTINGS["TABLE_NAME"])["Items"]:
        table.delete_item(TableName=SETTINGS["TABLE_NAME"], Key={"pk": item["pk"], "sk": item["sk"]})
    create_topics(cloud)
    cloud.change_runbook({})
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="run", Overwrite=True)
    cloud.put_credentials(credentials(cloud.sandbox.url))
    desk_module._credentials.cache_clear()
    return cloud


def context_at(incident: Incident) -> IncidentContext:
    """The desk of `incident`, which is stored first, as it is given."""
    IncidentTable(SETTINGS["TABLE_NAME"]).change(incident.id, lambda _: incident)
    return open_context({"incident_id": incident.id, "execution_number": 1})


def recent(incident_id: str = "pd-PABC123", **changes: Any) -> Incident:
    """As `an_incident`, raised a moment ago: the sandbox's clocks run."""
    return an_incident(incident_id, **({"started_at": now() - timedelta(seconds=10)} | changes))


def slack_messages(cloud: Cloud) -> list[dict[str, Any]]:
    """Oldest first."""
    found: list[dict[str, Any]] = cloud.sandbox.world["slack"]["messages"].get(CHANNEL, [])
    return found


def slack_replies(cloud: Cloud) -> list[dict[str, Any]]:
    """What was told below the head of a thread, which only shows how things stand."""
    return [message for message in slack_messages(cloud) if "thread_ts" in message]


def public_entries(cloud: Cloud) -> list[dict[str, Any]]:
    return list(cloud.sandbox.world["statuspage"]["incidents"].values())


def notes(cloud: Cloud, incident_id: str = "PABC123") -> list[str]:
    stored = cloud.sandbox.world["pagerduty"]["incidents"].get(incident_id, {})
    return [note["content"] for note in stored.get("notes", [])]


def told(ctx: IncidentContext) -> list[str]:
    return [entry.text for entry in ctx.table.timeline(ctx.incident.id)]


def upstream_status(cloud: Cloud) -> str:
    stored = cloud.sandbox.world["pagerduty"]["incidents"].get("PABC123", {})
    return str(stored.get("status", "triggered"))

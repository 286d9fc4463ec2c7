"""Real webhook bodies, read where they lie beside the repository; they are not ours to copy."""

from typing import Any

import pytest

from responder.contracts.source import Ignored, Malformed
from tests.support.skips import PAYLOADS, needs_payloads
from tests.support.webhooks import alert, body_of, parse

pytestmark = needs_payloads

CHECKOUT = "pd-Q3B15VLMF3ASBD"
ALERT = "052652ac-5d1c-464a-812a-7dd18bbfba8c"

PAGERDUTY = {
    "acknowledged": ("acknowledged", "pd-PQ1K5C8"),
    "annotated": ("annotated", CHECKOUT),
    "conference_bridge_updated": ("updated", CHECKOUT),
    "delegated": ("reassigned", CHECKOUT),
    "escalated": ("escalated", CHECKOUT),
    "priority_updated": ("priority_changed", CHECKOUT),
    "reassigned": ("reassigned", "pd-PIQUG8X"),
    "reopened": ("reopened", "pd-Q05XJA8GDXGOB3"),
    "resolved": ("resolved", "pd-PCPZE64"),
    "responder_added": ("updated", CHECKOUT),
    "responder_replied": ("updated", CHECKOUT),
    "service_updated": ("updated", CHECKOUT),
    "status_update_published": ("annotated", CHECKOUT),
    "triggered": ("triggered", "pd-PFQZPSY"),
    "unacknowledged": ("unacknowledged", "pd-PQ1K5C8"),
    "workflow_completed": ("updated", CHECKOUT),
    "workflow_completed_no_summary": ("updated", CHECKOUT),
    "workflow_started": ("updated", CHECKOUT),
}
OPSGENIE = {
    "acknowledge": ("acknowledged", ALERT),
    "addnote": ("annotated", ALERT),
    "addrecipient": ("updated", ALERT),
    "addtags": ("updated", ALERT),
    "addteam": ("updated", ALERT),
    "assignownership": ("reassigned", ALERT),
    "close": ("resolved", ALERT),
    "create": ("triggered", "ec03dad6-62c8-4c94-b38b-d88f398e900f"),
    "customaction": ("updated", ALERT),
    "delete": ("resolved", ALERT),
    "escalate": ("escalated", "7ba97e3a-d328-4b5e-8f9a-39e945a3869a"),
    "removetags": ("updated", ALERT),
    "takeownership": ("reassigned", "8a745a79-3ed3-4044-8427-98e067c0623c"),
    "unacknowledge": ("unacknowledged", ALERT),
}
JSM = {
    "acknowledge": ("acknowledged", ALERT),
    "create": ("triggered", ALERT),
    "unacknowledge": ("unacknowledged", ALERT),
}
DELIVERIES = [
    *[("pagerduty", f"zulip_incident_{name}", *expected) for name, expected in PAGERDUTY.items()],
    *[("opsgenie", f"zulip_{name}", event, f"og-{alert_id}") for name, (event, alert_id) in OPSGENIE.items()],
    *[("jsm", f"docs_{name}", event, f"jsm-{alert_id}") for name, (event, alert_id) in JSM.items()],
]
# Documentation shows only `event.data`; the file's name tells which events carry it.
FRAGMENTS = {
    "incident": ("incident.incident_type.changed", "pd-PGR0VU2"),
    "incident_action_invocation": ("incident.action_invocation.terminated", "pd-PBAZLIU"),
    "incident_conference_bridge": ("incident.conference_bridge.updated", "pd-PGR0VU2"),
    "incident_field_values": ("incident.custom_field_values.updated", "pd-PBAZLIU"),
    "incident_note": ("incident.annotated", "pd-PGR0VU2"),
    "incident_responder": ("incident.responder.added", "pd-PGR0VU2"),
    "incident_role_assignment": ("incident.role.assigned", "pd-PBAZLIU"),
    "incident_status_update": ("incident.status_update_published", "pd-PGR0VU2"),
    "incident_task": ("incident.task.created", "pd-Q0SDD3HB6SGFTI"),
    "incident_workflow_instance": ("incident.workflow.started", "pd-PBAZLIU"),
    "service": ("service.updated", None),
    "service_field_values": ("service.custom_field_values.updated", None),
}


def real(source: str, name: str) -> dict[str, Any]:
    return body_of(PAYLOADS / source / f"{name}.json")


@pytest.mark.parametrize(("source", "name", "event", "incident_id"), DELIVERIES)
def test_a_real_delivery_is_read_and_nothing_about_it_is_odd(
    source: str, name: str, event: str, incident_id: str
) -> None:
    seen = alert(source, real(source, name))
    assert (seen.event, seen.incident_id, seen.odd) == (event, incident_id, ())
    assert (seen.title is None) == (name == "zulip_escalate")


@pytest.mark.parametrize("source", ["pagerduty", "opsgenie", "jsm"])
def test_the_table_above_names_every_delivery(source: str) -> None:
    beside = ("api_", "events_api_", "legacy_", "docs_data_")
    found = {path.stem for path in (PAYLOADS / source).glob("*.json") if not path.stem.startswith(beside)}
    assert found - {"zulip_unsupported_event_type"} == {name for where, name, *_ in DELIVERIES if where == source}


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_a_documented_fragment_is_read(fragment: str) -> None:
    event_type, incident_id = FRAGMENTS[fragment]
    occurred_at = "2026-05-30T10:00:00.000Z"
    data = real("pagerduty", f"docs_data_{fragment}")
    body = {"event": {"id": "1", "event_type": event_type, "occurred_at": occurred_at, "agent": None, "data": data}}
    if incident_id is None:
        assert isinstance(parse("pagerduty", body), Ignored)
    else:
        seen = alert("pagerduty", body)
        assert (seen.incident_id, seen.odd) == (incident_id, ())
        assert fragment == "incident" or seen.note


@pytest.mark.parametrize("name", ["reassigned", "escalated", "delegated"])
def test_whom_pagerduty_passed_it_on_to_is_named(name: str) -> None:
    body = real("pagerduty", f"zulip_incident_{name}")
    data = body["event"]["data"]
    policy = f", escalation policy {data['escalation_policy']['summary']}" if name == "delegated" else ""
    assert alert("pagerduty", body).note == f"to {data['assignees'][0]['summary']}{policy}"


@pytest.mark.parametrize("name", ["escalate", "assignownership", "takeownership"])
def test_whom_opsgenie_passed_it_on_to_is_named(name: str) -> None:
    body = real("opsgenie", f"zulip_{name}")
    one = body["alert"]
    whom = body["escalationNotify"]["name"] if name == "escalate" else one.get("owner", one.get("username"))
    assert (alert("opsgenie", body).note or "").startswith(f"to {whom}")


def test_an_event_type_of_tomorrow_is_ignored() -> None:
    seen = parse("pagerduty", real("pagerduty", "zulip_unsupported_event_type"))
    assert seen == Ignored("event type incident.unsupported is nothing to act on", "pd-PIQUG8X")


def test_a_v2_body_is_malformed_and_the_reason_says_what_it_is() -> None:
    seen = parse("pagerduty", real("pagerduty", "legacy_v2_zulip_trigger"))
    assert isinstance(seen, Malformed)
    assert "v2" in seen.reason

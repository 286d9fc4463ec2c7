"""What TwinMind's support is told: request ids, times, statuses, headers, from the real probes; and no key."""

import json

import pytest

from responder.context import open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Scenario
from responder.domain.incident import IncidentStatus
from tests.support.inprocess import Cloud
from tests.support.notifications import context_at, notes, recent

ID = "pd-PABC123"


def looked(cloud: Cloud, cause: Cause) -> None:
    """A real round of probes of a TwinMind that fails, as the evidence of a diagnosis."""
    context_at(recent(cause=cause, scenario=Scenario.OTHER))
    cloud.sandbox.patch({"faults": {"twinmind": {"fail_next": [{"status": 503, "path": "/v1", "times": 50}]}}})
    event = {"incident_id": ID, "execution_number": 1}
    run_name = cloud.invoke("run_diagnostics", event)["probe_run"]
    open_context({"incident_id": ID}).table.amend(ID, evidence_run=run_name)


@pytest.mark.parametrize("cause", [Cause.PROVIDER_OUTAGE, Cause.PROVIDER_SLOW, Cause.RATE_LIMITED])
def test_a_mail_with_what_we_saw_is_drafted_where_people_have_it(cloud: Cloud, cause: Cause) -> None:
    looked(cloud, cause)
    cloud.invoke("publish_update", {"incident_id": ID, "execution_number": 1, "kind": "handover"})
    [note] = notes(cloud)
    assert "# a mail to send: enterprise-support@twinmind.com" in note
    assert "UTC TwinMind account: HTTP 503 in " in note
    ids = [line for line in note.splitlines() if "request id req" in line]
    assert ids, note
    keys = [entry["key"] for entry in cloud.sandbox.world["twinmind"]["keys"].values()]
    assert not any(key in note or key[-6:] in note for key in keys)


def test_the_report_has_the_bundle_and_one_of_our_own_faults_has_none(cloud: Cloud) -> None:
    for cause, has_it in ((Cause.PROVIDER_OUTAGE, True), (Cause.SERVICE_FAULT, False)):
        looked(cloud, cause)
        open_context({"incident_id": ID}).table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=now())
        cloud.invoke("write_report", {"incident_id": ID, "execution_number": 1})
        report = cloud.report(f"reports/{ID}.md")
        assert ("For TwinMind's support:" in report) is has_it
        assert ("request id req" in report) is has_it
        assert json.dumps(report).count("tm_sk_") == 0

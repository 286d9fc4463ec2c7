"""write_report through its handler: two files, the figures once an ending, earlier incidents from the index."""

import json
from datetime import timedelta
from typing import Any

import pytest

from responder.actions.keep_diagnosis import record_vendor_entry
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import IncidentStatus, LatestValue
from tests.support.inprocess import Cloud
from tests.support.notifications import an_action, context_at, recent, told
from tests.unit.report.test_escaping import parsed

ID = "pd-PABC123"


def write(cloud: Cloud) -> Any:
    return cloud.invoke("write_report", {"incident_id": ID, "execution_number": 1})


def closed(incident_id: str = ID, **changes: Any) -> Any:
    return recent(incident_id, status=IncidentStatus.RESOLVED, resolved_at=now(), **changes)


def figures(printed: str) -> dict[str, float]:
    lines = [json.loads(line) for line in printed.splitlines() if '"_aws"' in line]
    names = [(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0], line) for line in lines]
    return {metric["Name"]: line[metric["Name"]][0] for metric, line in names if metric["Unit"] == "Seconds"}


def test_markdown_and_a_page_lie_side_by_side(cloud: Cloud) -> None:
    context_at(closed(title="<b>TwinMind</b> & *co*"))
    assert write(cloud)["report"] == f"reports/{ID}.md"
    assert cloud.report(f"reports/{ID}.md").startswith(
        "# Incident Report: &lt;b&gt;TwinMind&lt;/b&gt; &amp; \\*co\\*\n"
    )
    page = parsed(cloud.report(f"reports/{ID}.html"))
    assert "Incident Report: <b>TwinMind</b> & *co*" in page.texts
    assert "sha256-[redacted]" not in cloud.report(f"reports/{ID}.html")


def test_a_title_that_no_encoding_takes_stops_no_report(cloud: Cloud) -> None:
    context_at(closed(title="half a pair \ud800 and an end\x00"))
    assert write(cloud)["next"] == "done"
    assert "half a pair ? and an end" in cloud.report(f"reports/{ID}.md")


def test_figures_are_counted_once_an_ending(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    by_a_person = LatestValue(at=now() - timedelta(seconds=60), value=True)
    begun, told = now() - timedelta(seconds=90), now() - timedelta(seconds=80)
    context_at(closed(started_at=begun, announced_at=told, acknowledgement=by_a_person, mitigated_at=now()))
    write(cloud)
    first = figures(capsys.readouterr().out)
    assert set(first) == {
        "SecondsToFirstMessage",
        "SecondsToAcknowledge",
        "SecondsToMitigate",
        "SecondsToResolve",
    }
    assert 25 <= first["SecondsToAcknowledge"] <= 35
    assert 89 <= first["SecondsToResolve"] <= 120
    write(cloud)
    assert figures(capsys.readouterr().out) == {}


def test_an_earlier_incident_of_the_same_cause_is_named(cloud: Cloud) -> None:
    earlier = context_at(closed("pd-PBEFORE", started_at=now() - timedelta(days=2)))
    earlier.table.keep_action("pd-PBEFORE", "rotate", an_action("promoted", "Standby key 1 was put in force."))
    context_at(closed())
    write(cloud)
    assert "`pd-PBEFORE`: ended by rotating to a standby key." in cloud.report(f"reports/{ID}.md")


def test_those_who_were_open_together_are_named_in_both_reports(cloud: Cloud) -> None:
    ids = (ID, "pd-PDEF456")
    desks = [context_at(recent(one)) for one in ids]
    cloud.invoke("announce_incident", {"incident_id": ids[1], "execution_number": 1})
    for one, ctx, other in zip(ids, desks, reversed(ids), strict=True):
        ctx.table.amend(one, status=IncidentStatus.RESOLVED, resolved_at=now())
        cloud.invoke("write_report", {"incident_id": one, "execution_number": 1})
        assert f"Open at the same time: {other}." in cloud.report(f"reports/{one}.md")


def test_the_report_says_when_the_vendor_admitted_it_and_keeps_its_words(cloud: Cloud) -> None:
    ctx = context_at(closed(cause=Cause.PROVIDER_OUTAGE, started_at=now() - timedelta(hours=1)))
    write(cloud)
    assert "TwinMind's page had no entry about it while we looked." in cloud.report(f"reports/{ID}.md")
    since = ctx.incident.started_at + timedelta(minutes=28)
    said = {"at": f"{since:%Y-%m-%dT%H:%M:%SZ}", "status": "investigating", "words": "We are looking into it."}
    measured = {"announced": "major", "entry_id": "e1", "entry_since": said["at"], "updates": [said]}
    words = "TwinMind's status page announces major trouble. It says “We are looking into it.” (https://stspg.io/e1)."
    page = Finding(probe="twinmind_status_page", status="failed", summary=words, measurements=measured, at=now())
    for _ in range(2):
        record_vendor_entry(ctx, [page])
    write(cloud)
    report = cloud.report(f"reports/{ID}.md")
    assert f"TwinMind admitted trouble at {since:%H:%M} UTC, 28 min after the alert." in report
    assert f"- {since:%H:%M:%S} - TwinMind's page, investigating: “We are looking into it.”" in report
    kinds = [entry.kind for entry in ctx.table.timeline(ID)]
    assert (kinds.count("vendor_entry"), kinds.count("vendor_update")) == (1, 1)
    quiet = page.model_copy(update={"status": FindingStatus.OK, "measurements": {"announced": "none"}})
    record_vendor_entry(ctx, [quiet], [page])
    assert "TwinMind's page does not show it any more." in told(ctx)

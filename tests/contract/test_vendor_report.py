"""`responder vendor-report`: TwinMind's outage minutes by month, and the evidence for a claim."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from responder.domain.diagnosis import Cause, Verdict
from responder.domain.finding import Finding
from responder.domain.incident import IncidentStatus
from tests.support.command_line import Run, command_line
from tests.support.inprocess import Cloud, running_cloud
from tests.support.notifications import an_incident, context_at

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ENTRY = (
    "TwinMind admitted trouble at 12:30 UTC, 30 min after the alert. TwinMind's status page announces major trouble. "
    "It says “We are looking into it.” (https://stspg.io/e1)."
)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, execute=False) as running:
        outage("pd-QLONG", NOON, minutes=47, entry=True)
        outage("pd-QTWIN", NOON + timedelta(minutes=40), minutes=20)  # 13 of them alone
        outage("pd-QEND", datetime(2026, 3, 31, 23, 50, tzinfo=UTC), minutes=25)
        outage("pd-QOURS", NOON, minutes=500, cause=Cause.SERVICE_FAULT, verdict=Verdict.OURS)
        outage("pd-QTEST", NOON, minutes=500, is_test=True)
        outage("pd-QMERGED", NOON, minutes=500, merged_into="pd-QLONG")
        yield running


@pytest.fixture
def run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with command_line(cloud, monkeypatch) as command:
        yield command


def outage(name: str, start: datetime, *, minutes: int, entry: bool = False, **changes: Any) -> None:
    """Found a minute before the first failed call; recovered after `minutes`, closed ten minutes later."""
    end = start + timedelta(minutes=minutes)
    about: dict[str, Any] = {
        "cause": Cause.PROVIDER_OUTAGE,
        "verdict": Verdict.THEIRS,
        "status": IncidentStatus.RESOLVED,
    }
    about |= {"started_at": start - timedelta(minutes=1), "resolved_at": end + timedelta(minutes=10)}
    ctx = context_at(an_incident(name, **(about | changes)))
    measured = {"http_status": 503, "latency_ms": 41, "request_id": "req-7f"}
    page = Finding(probe="twinmind_status_page", status="failed", summary="s", measurements=measured, at=start)
    call = Finding(probe="twinmind_transcription", status="failed", summary="s", measurements=measured, at=start)
    early = page.model_copy(update={"at": start - timedelta(hours=1)})
    ctx.table.keep_findings(name, "first", [call, early])
    ctx.table.amend(name, evidence_run="last")
    ctx.table.keep_findings(name, "last", [call.model_copy(update={"at": start + timedelta(minutes=5)})])
    ctx.record("diagnosis", "theirs", key="first", evidence="first")
    if entry:
        ctx.record("vendor_entry", ENTRY, key="e1", entry_since="2026-03-10T12:30:00Z")
    ctx.record("mitigated", "good again", key="good", at=end)


def test_minutes_by_month_count_what_overlaps_once(run: Run) -> None:
    done = run("--json", "vendor-report")
    assert done.exit_code == 0, done.output
    march, april = json.loads(done.output)["months"]
    assert (march["month"], march["minutes"]) == ("2026-03", 47 + 13 + 10)
    assert (april["month"], april["minutes"]) == ("2026-04", 15)
    assert [one["incident_id"] for one in march["outages"]] == ["pd-QLONG", "pd-QTWIN", "pd-QEND"]
    assert march["outages"][0]["from"] == "2026-03-10T12:00:00.000Z"


def test_each_outage_has_our_first_failed_call_and_the_vendor_s_own_words(run: Run) -> None:
    done = run("vendor-report", "--month", "2026-03")
    assert done.exit_code == 0, done.output
    assert "2026-03: 70 min in 3 outage(s) of TwinMind" in done.output
    assert "  2026-03-10 12:00 to 2026-03-10 12:47 UTC, 47 min, P1, pd-QLONG" in done.output
    call = "our first failed call: 2026-03-10 12:00:00 UTC TwinMind transcription: HTTP 503 in 41 ms, request id req-7f"
    assert call in done.output
    assert ENTRY in done.output
    assert "Their page had no entry while we looked." in done.output
    assert "2026-04:" not in done.output


def test_a_month_without_an_outage_and_one_that_is_none(run: Run) -> None:
    assert "no outage of theirs was recorded" in run("vendor-report", "--month", "2025-01").output
    wrong = run("vendor-report", "--month", "March")
    assert (wrong.exit_code, "does not match the format" in wrong.output) == (2, True)

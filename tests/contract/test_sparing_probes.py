"""Probes never hurt: rate-limit headers are read first, and of what is left only a share is spent."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.sandbox import Sandbox
from responder.config.runbook import merge
from responder.domain.finding import FindingStatus
from responder.integrations.twinmind.probes import timing as twinmind_timing
from responder.integrations.twinmind.spare_calls import NEEDED
from responder.probes import service_metrics
from tests.support.probe_runs import EVERYTHING, KEY, incident, look_at, runbook

OPTIONAL = ("twinmind_timing", "twinmind_limits", "twinmind_transcription")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_metrics, "APART", 0.05)
    monkeypatch.setattr(twinmind_timing, "APART", 0.0)


@pytest.fixture(scope="module")
def module_box() -> Iterator[Sandbox]:
    with Sandbox({"service": {"load": {"requests_per_minute": 0}}}) as running:
        yield running


@pytest.fixture
def box(module_box: Sandbox) -> Sandbox:
    module_box.reset()
    return module_box


def with_our_key(box: Sandbox) -> int:
    """Calls that count against our account, staged keys' included."""
    return len([call for call in box.journal("twinmind") if call["key"]])


@pytest.mark.parametrize("remaining", [0, 3, 9, 10, 40, 59, 80, 150, 300])
@pytest.mark.parametrize("share", [0.05, 0.1, 0.5])
def test_a_round_spends_its_share_or_what_is_needed(box: Sandbox, remaining: int, share: float) -> None:
    box.patch({"twinmind": {"rate_limit": {"remaining": remaining}}})
    look_at(runbook(box.url, merge(EVERYTHING, {"probing": {"rate_limit_share": share}})))
    assert with_our_key(box) <= max(NEEDED, remaining * share)


@pytest.mark.parametrize(("limits", "why"), [
    ({"exhausted": True}, "limited"),
    ({"remaining": 0}, "limited"),
    ({"remaining": 9}, "low"),
    ({"remaining": 30}, "shared"),
])  # fmt: skip
def test_calls_that_can_be_left_out_say_why_they_were(box: Sandbox, limits: dict[str, Any], why: str) -> None:
    box.patch({"twinmind": {"rate_limit": limits}})
    for finding in look_at(runbook(box.url, EVERYTHING), *OPTIONAL).values():
        assert finding.status is FindingStatus.OK
        assert finding.measurements["skipped_for"] == why
    assert [call["method"] for call in box.journal("twinmind")] == ["HEAD"]


def test_missing_headers_are_unknown_and_few_calls_are_made(box: Sandbox) -> None:
    box.patch({"twinmind": {"rate_limit": {"headers": False}}})
    findings = look_at(runbook(box.url, EVERYTHING))
    assert findings["twinmind_rate_limit"].status is FindingStatus.UNKNOWN
    assert findings["twinmind_timing"].measurements["samples"] == 4
    assert with_our_key(box) <= 10


def test_several_calls_are_timed(box: Sandbox) -> None:
    box.patch({"twinmind": {"latency_ms": 120}})
    found = look_at(runbook(box.url), "twinmind_timing")["twinmind_timing"]
    times = [found.measurements[f"latency_{name}_ms"] for name in ("min", "median", "p95", "max")]
    assert times == sorted(times)
    assert times[0] >= 120
    assert found.status is FindingStatus.OK
    assert (found.measurements["samples"], found.measurements["answered"], found.measurements["slow"]) == (4, 4, 0)


def test_slow_answers_are_counted_and_half_of_them_degrade(box: Sandbox) -> None:
    box.patch({"twinmind": {"latency_ms": 300}})
    book = runbook(box.url, {"thresholds": {"latency_p95_seconds": 0.2}})
    found = look_at(book, "twinmind_timing")["twinmind_timing"]
    assert found.status is FindingStatus.DEGRADED
    assert found.measurements["slow"] == 4


def test_the_limits_of_the_account_are_read(box: Sandbox) -> None:
    found = look_at(runbook(box.url, EVERYTHING), "twinmind_limits")["twinmind_limits"].measurements
    assert (found["rate_limit_per_minute"], found["concurrent_transcriptions"]) == (300, 10)


@pytest.mark.parametrize("shape", ["status", "job", "sync"])
def test_a_transcription_in_any_published_shape_works(box: Sandbox, shape: str) -> None:
    box.patch({"twinmind": {"transcribe_answer": shape}})
    found = look_at(runbook(box.url, EVERYTHING), "twinmind_transcription")["twinmind_transcription"]
    assert found.status is FindingStatus.OK
    assert found.measurements["accepted"] is True
    (call,) = [call for call in box.journal("twinmind") if call["method"] == "POST"]
    assert call["body"] == {
        "audio_url": "https://example.com/test.mp3", "model": "ear-3", "async": True, "title": "probe"
    }  # fmt: skip


def test_audio_that_twinmind_turns_down_proves_it_up(box: Sandbox) -> None:
    odd = {"endpoints": {"twinmind": {"test_transcription": {"audio_url": "https://example.com/test.txt"}}}}
    found = look_at(runbook(box.url, merge(EVERYTHING, odd)), "twinmind_transcription")["twinmind_transcription"]
    assert found.status is FindingStatus.OK
    assert found.measurements["accepted"] is False
    assert "refuses the test audio" in found.summary


@pytest.mark.parametrize(("change", "status"), [
    ({"keys": {"primary": {"status": "revoked"}}}, FindingStatus.FAILED),
    ({"status_code": 503}, FindingStatus.FAILED),
])  # fmt: skip
def test_a_transcription_that_fails(box: Sandbox, change: dict[str, Any], status: FindingStatus) -> None:
    box.patch({"twinmind": change})
    found = look_at(runbook(box.url, EVERYTHING), "twinmind_transcription")["twinmind_transcription"]
    assert found.status is status


def test_nothing_is_transcribed_unless_it_is_wanted(box: Sandbox) -> None:
    findings = look_at(runbook(box.url))
    assert findings["twinmind_transcription"].measurements == {"configured": False}
    assert not [call for call in box.journal("twinmind") if call["method"] == "POST"]


def test_twinminds_request_id_is_kept_for_its_support(box: Sandbox) -> None:
    found = look_at(runbook(box.url), "twinmind_account", about=incident())["twinmind_account"].measurements
    assert found["request_id"].startswith("req_")
    assert found["plan"] == "enterprise"
    assert KEY not in str(found)

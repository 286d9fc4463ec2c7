"""Prometheus text and the comparison of two scrapes: resets, other pods, percentiles, queues, odd lines."""

import httpx
import pytest

from responder.clients.prometheus import Change, Scrape, parse
from responder.config.runbook import packaged
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.probes import service_metrics
from responder.probes.readings import measured
from tests.support.probe_runs import look_at, runbook


def change(before: str, after: str, seconds: float = 2.0) -> Change:
    return Change(parse(before, 10.0), parse(after, 10.0 + seconds))


def test_labels_may_hold_anything() -> None:
    scrape = parse('a_total{x="comma, } brace",y="quo\\"te"} 3 1700000000000\n# HELP a\nb 1e2\nnot a sample at all', 0)
    assert dict(scrape.samples) == {("a_total", (("x", "comma, } brace"), ("y", 'quo\\"te'))): 3.0, ("b", ()): 100.0}


def test_a_counter_that_fell_began_again() -> None:
    step = change('c_total{s="x"} 100\nc_total{s="y"} 5', 'c_total{s="x"} 4\nc_total{s="y"} 6')
    assert step.increase("c_total") == 5
    assert step.was_reset


def test_a_series_that_is_new_counts_from_nothing() -> None:
    assert change("a_total 1", "a_total 1\nc_total 7").increase("c_total") == 7


def test_a_new_process_counts_from_nothing_even_if_it_is_ahead() -> None:
    step = change("process_start_time_seconds 50\nc_total 3", "process_start_time_seconds 99\nc_total 10")
    assert step.increase("c_total") == 10


def buckets(name: str, **counts: int) -> str:
    edges = {"e1": "1", "e5": "5", "e10": "10", "inf": "+Inf"}
    return "\n".join(f'{name}_bucket{{le="{edges[edge]}"}} {count}' for edge, count in counts.items())


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"e1": 100, "e5": 100, "e10": 100, "inf": 100}, 0.95),
        ({"e1": 0, "e5": 95, "e10": 100, "inf": 100}, 5.0),
        ({"e1": 0, "e5": 94, "e10": 100, "inf": 100}, 5 + 5 / 6),
        ({"e1": 0, "e5": 0, "e10": 0, "inf": 4}, 10.0),
        ({"e1": 0, "e5": 0, "e10": 0, "inf": 0}, None),
        ({"inf": 3}, None),
        ({}, None),
    ],
)
def test_p95_is_read_from_the_buckets(counts: dict[str, int], expected: float | None) -> None:
    found = change("", buckets("t", **counts)).quantile("t", 0.95)
    assert found == (None if expected is None else pytest.approx(expected))


def test_label_sets_are_added_up_before_the_percentile() -> None:
    one = 't_bucket{endpoint="/a",le="1"} 95\nt_bucket{endpoint="/a",le="+Inf"} 95'
    two = 't_bucket{endpoint="/b",le="1"} 0\nt_bucket{endpoint="/b",le="5"} 5\nt_bucket{endpoint="/b",le="+Inf"} 5'
    found = change("", f"{one}\n{two}").quantile("t", 0.95)
    assert found == pytest.approx(1.0)


def test_no_traffic_is_no_ratio() -> None:
    quiet = 'twinmind_transcriptions_total{status="error"} 9'
    found = measured(packaged(), change(quiet, quiet))
    assert found["transcriptions"] == 0
    assert not {"error_ratio", "latency_p95_seconds", "queue_depth", "cpu_ratio"} & set(found)
    assert found["queue_exposed"] is False


def test_shares_rates_and_resources() -> None:
    before = "process_cpu_seconds_total 10\nprocess_start_time_seconds 1"
    after = """process_cpu_seconds_total 11.8\nprocess_start_time_seconds 1\nprocess_resident_memory_bytes 268435456
twinmind_transcriptions_total{status="success"} 6\ntwinmind_transcriptions_total{status="error"} 2
twinmind_errors_total{error_type="AUTH_FAILED"} 1\ntwinmind_api_requests_total{status="401"} 2
twinmind_api_requests_total{status="502"} 1\ntwinmind_api_requests_total{status="error"} 1
twinmind_rate_limit_remaining{endpoint="/a"} 50\ntwinmind_rate_limit_remaining{endpoint="/b"} 7
my_queue_waiting{kind="low"} 3\nmy_queue_waiting{kind="high"} 4\nmy_queue_total 1000"""
    found = measured(packaged(), change(before, after))
    expected = {
        "transcriptions": 8,
        "transcriptions_failed": 2,
        "error_ratio": 0.25,
        "auth_failed": 2,
        "server_errors": 1,
        "unanswered": 1,
        "rate_limited": 0,
        "requests_per_minute": 120,
        "rate_limit_remaining": 7,
        "queue_depth": 7,
        "cpu_ratio": 0.9,
        "memory_ratio": 0.5,
    }
    assert {name: found.get(name) for name in expected} == expected


def _served(monkeypatch: pytest.MonkeyPatch, *texts: str) -> Finding:
    monkeypatch.setattr(service_metrics, "APART", 0.01)
    left = list(texts)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=left.pop(0) if len(left) > 1 else left[0]))
    return look_at(runbook("http://127.0.0.1:9"), "service_metrics", transport=transport)["service_metrics"]


def page(start: int, errors: int) -> str:
    return f'process_start_time_seconds {start}\ntwinmind_transcriptions_total{{status="error"}} {errors}'


def test_another_pod_is_not_compared_with_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a load balancer each scrape can meet another process: 900 there and 3 here are not 897 errors."""
    finding = _served(monkeypatch, page(50, 3), page(40, 900), page(30, 5), page(20, 900))
    assert finding.status is FindingStatus.UNKNOWN
    assert finding.measurements["several_processes"] is True


def test_a_pod_that_started_later_is_another_pod_and_no_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = _served(monkeypatch, page(20, 3), page(30, 900), page(40, 5), page(50, 900))
    assert finding.status is FindingStatus.UNKNOWN
    assert (finding.measurements["several_processes"], finding.measurements["processes"]) == (True, 4)


@pytest.mark.parametrize("other", [40, 60])
def test_the_same_pod_met_again_is_compared(monkeypatch: pytest.MonkeyPatch, other: int) -> None:
    finding = _served(monkeypatch, page(50, 3), page(other, 900), page(50, 9))
    assert finding.measurements["transcriptions_failed"] == 6
    assert finding.measurements["processes"] == 2
    assert "one of at least 2 processes" in finding.summary


def test_a_process_that_was_born_while_we_looked_is_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = _served(monkeypatch, page(50, 3), page(int(now().timestamp()) + 1, 4))
    assert finding.measurements["transcriptions_failed"] == 4
    assert finding.measurements["counter_reset"] is True
    assert "several_processes" not in finding.measurements


def test_counters_that_jump_without_a_start_time_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f'twinmind_transcriptions_total{{status="error"}} {count}' for count in (900, 3, 901, 4)]
    finding = _served(monkeypatch, *texts)
    assert finding.measurements.get("transcriptions_failed", 1) == 1


def test_a_queue_that_is_not_exposed_is_said_and_not_called_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "exposes no queue" in _served(monkeypatch, page(50, 3)).summary
    assert "exposes no queue" not in _served(monkeypatch, f"{page(50, 3)}\ntwinmind_queue_size 0").summary


def test_a_scrape_without_samples_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _served(monkeypatch, "<html>login</html>").status is FindingStatus.UNKNOWN


def test_process_is_none_where_it_is_not_exposed() -> None:
    assert Scrape({}, 0.0).process is None

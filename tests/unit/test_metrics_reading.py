"""The comparison of two scrapes: resets, other pods, percentiles, queues, stale gauges, users' bad input."""

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from responder.clients.exposition import Unreadable, read_page
from responder.clients.http import Response
from responder.clients.scrapes import Scrape, ScrapeDelta
from responder.config.metrics import MetricNames
from responder.config.runbook import packaged
from responder.contracts.probe import Readers
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.probes import service_metrics
from responder.probes.readings import measure, was_reset
from tests.support.probe_runs import READERS, look_at, runbook

NAMES = packaged().endpoints.service.metrics.names
COUNTED = NAMES.transcriptions


def read(text: str, at: float = 0.0, names: MetricNames = NAMES) -> Scrape:
    page = read_page(Response(200, {"content-type": "text/plain; version=0.0.4"}, text, 1), names, at)
    assert not isinstance(page, Unreadable), page.why
    return page


def change(before: str, after: str, seconds: float = 2.0) -> ScrapeDelta:
    return ScrapeDelta(read(before, 10.0), read(after, 10.0 + seconds))


def test_a_counter_that_fell_began_again() -> None:
    step = change(f'{COUNTED}{{s="x"}} 100\n{COUNTED}{{s="y"}} 5', f'{COUNTED}{{s="x"}} 4\n{COUNTED}{{s="y"}} 6')
    assert step.increase(COUNTED) == 5
    assert was_reset(NAMES, step)


def test_a_gauge_that_fell_is_no_reset() -> None:
    gauges = "# TYPE nodejs_active_handles_total gauge\nnodejs_active_handles_total {0}\n{1} {0}"
    step = change(gauges.format(9, NAMES.rate_limit_remaining), gauges.format(3, NAMES.rate_limit_remaining))
    assert not was_reset(NAMES, step)


def test_a_series_that_is_new_counts_from_nothing() -> None:
    assert change("a_total 1", f"a_total 1\n{COUNTED} 7").increase(COUNTED) == 7


def test_a_new_process_counts_from_nothing_even_if_it_is_ahead() -> None:
    step = change(f"process_start_time_seconds 50\n{COUNTED} 3", f"process_start_time_seconds 99\n{COUNTED} 10")
    assert step.increase(COUNTED) == 10


def buckets(name: str, **counts: int) -> str:
    edges = {"e1": "1", "e5": "5", "e10": "10", "inf": "+Inf"}
    return "\n".join(f'{name}_bucket{{le="{edges[edge]}"}} {count}' for edge, count in counts.items())


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"e1": 100, "e5": 100, "e10": 100, "inf": 100}, 0.95),
        ({"e1": 0, "e5": 95, "e10": 100, "inf": 100}, 5.0),
        ({"e1": 0, "e5": 94, "e10": 100, "inf": 100}, 5 + 5 / 6),
        ({"e1": 0, "e5": 0, "e10": 90, "inf": 100}, "above 10.0"),
        ({"e1": 0, "e5": 0, "e10": 0, "inf": 4}, "above 10.0"),
        ({"e1": 0, "e5": 0, "e10": 0, "inf": 0}, None),
        ({"inf": 3}, None),
        ({}, None),
    ],
)
def test_p95_is_read_from_the_buckets(counts: dict[str, int], expected: float | str | None) -> None:
    found = change("a 1", buckets(NAMES.api_latency, **counts) or "a 1").quantile(NAMES.api_latency, 0.95)
    shown = found and (f"above {found.value}" if found.is_above else pytest.approx(found.value))
    assert shown == expected


def test_label_sets_are_added_up_before_the_percentile() -> None:
    t = NAMES.api_latency
    one = f'{t}_bucket{{endpoint="/a",le="1"}} 95\n{t}_bucket{{endpoint="/a",le="+Inf"}} 95'
    two = "\n".join(f'{t}_bucket{{endpoint="/b",le="{le}"}} {count}' for le, count in (("1", 0), ("5", 5), ("+Inf", 5)))
    found = change("a 1", f"{one}\n{two}").quantile(t, 0.95)
    assert found is not None
    assert found.value == pytest.approx(1.0)


def test_no_traffic_is_no_ratio() -> None:
    quiet = 'twinmind_transcriptions_total{status="error"} 9'
    found = measure(packaged(), change(quiet, quiet))
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
twinmind_queue_size{kind="low"} 3\ntwinmind_queue_size{kind="high"} 4\nmy_queue_waiting 1000"""
    found = measure(packaged(), change(before, after))
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


def _served(monkeypatch: pytest.MonkeyPatch, *texts: str, readers: Readers = READERS) -> Finding:
    monkeypatch.setattr(service_metrics, "APART", 0.01)
    left = list(texts)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text=left.pop(0) if len(left) > 1 else left[0]))
    book = runbook("http://127.0.0.1:9")
    return look_at(book, "service_metrics", transport=transport, readers=readers)["service_metrics"]


def page(start: int, errors: int) -> str:
    return f'process_start_time_seconds {start}\ntwinmind_transcriptions_total{{status="error"}} {errors}'


@pytest.mark.parametrize(
    ("good", "counted"),
    [
        (100, {"transcriptions": 200, "transcriptions_failed": 100}),
        (101, {"transcriptions": 201, "transcriptions_failed": 100}),  # one that passed refutes nothing
    ],
)
def test_the_first_look_at_a_quiet_service_knows_what_its_process_counted(
    monkeypatch: pytest.MonkeyPatch, good: int, counted: dict[str, int]
) -> None:
    start = round(now().timestamp()) - 1200
    succeeded = '\ntwinmind_transcriptions_total{status="success"} '
    finding = _served(monkeypatch, page(start, 100) + succeeded + "100", page(start, 100) + succeeded + str(good))
    assert finding.status is not FindingStatus.OK
    assert finding.measurements.items() >= counted.items()
    assert finding.measurements["since_transcriptions_failed"] == 100
    assert 1195 <= finding.measurements["process_age_seconds"] <= 1260


def test_what_a_process_counted_long_ago_says_nothing_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = _served(monkeypatch, page(round(now().timestamp()) - 4000, 100))
    assert (finding.status, finding.measurements["transcriptions"]) == (FindingStatus.OK, 0)


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


def counted(total: int, failed: int, start: int = 50) -> str:
    return (
        f'process_start_time_seconds {start}\ntwinmind_transcriptions_total{{status="success"}} {total - failed}\n'
        f'twinmind_transcriptions_total{{status="error"}} {failed}'
    )


def looked_again(
    monkeypatch: pytest.MonkeyPatch, before: Finding, *texts: str, acted_at: datetime | None = None
) -> Finding:
    """The next look, a minute later, which knows what the look before found."""
    earlier = before.baseline | {"at": before.baseline["at"] - 60}
    known = before.model_copy(update={"baseline": earlier})
    readers = replace(READERS, previous=lambda _: known, acted_at=lambda: acted_at)
    return _served(monkeypatch, *texts, readers=readers)


def test_a_quiet_service_is_judged_since_the_look_before(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _served(monkeypatch, counted(100, 0))
    found = looked_again(monkeypatch, first, counted(110, 8)).measurements
    assert (found["transcriptions"], found["transcriptions_failed"]) == (10, 8)
    assert found["window_seconds"] == pytest.approx(60, abs=5)


def test_a_busy_service_is_judged_by_what_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _served(monkeypatch, counted(100, 0))
    found = looked_again(monkeypatch, first, counted(200, 90), counted(210, 90)).measurements
    assert (found["transcriptions"], found["transcriptions_failed"]) == (10, 0)
    assert (found["since_transcriptions"], found["since_transcriptions_failed"]) == (110, 90)


def test_what_was_before_an_action_does_not_judge_it(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _served(monkeypatch, counted(100, 0))
    found = looked_again(monkeypatch, first, counted(110, 8), acted_at=now() - timedelta(seconds=5)).measurements
    assert found["transcriptions"] == 0
    assert found["since_transcriptions_failed"] == 8


@pytest.mark.parametrize("start", [20, 90])
def test_another_process_is_not_compared_with_the_look_before(monkeypatch: pytest.MonkeyPatch, start: int) -> None:
    first = _served(monkeypatch, counted(100, 0))
    assert looked_again(monkeypatch, first, counted(900, 800, start)).measurements["transcriptions"] == 0


def test_a_process_that_began_since_the_look_before_counts_from_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    first = _served(monkeypatch, counted(100, 0))
    found = looked_again(monkeypatch, first, counted(9, 3, int(now().timestamp()) - 20)).measurements
    assert (found["transcriptions"], found["transcriptions_failed"]) == (9, 3)


def test_what_failed_is_added_up_over_the_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    one = _served(monkeypatch, counted(100, 0), counted(110, 5))
    two = looked_again(monkeypatch, one, counted(130, 15))
    three = looked_again(monkeypatch, two, counted(150, 35))
    found = three.measurements
    assert (found["since_transcriptions"], found["since_transcriptions_failed"]) == (50, 35)
    assert found["since"] == one.measurements["since"]
    assert found["before_error_ratio"] == 0.5
    assert "At the check before, 50% failed: now it is more." in three.summary


def test_more_refusals_than_at_the_look_before_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    page = 'twinmind_transcriptions_total %s\ntwinmind_api_requests_total{status="429"} %s'
    one = _served(monkeypatch, page % (0, 0), page % (9, 1))
    one = one.model_copy(update={"measurements": one.measurements | {"window_seconds": 60.0}})
    two = looked_again(monkeypatch, one, page % (10, 10))
    assert two.measurements["before_rate_limited"] == pytest.approx(1, abs=0.1)
    assert "Refusals for the rate limit (429) increase: 9, after 1" in two.summary


def test_what_is_kept_for_the_next_look_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    models = "".join(f'twinmind_transcriptions_total{{status="error",model="m{n}"}} 1\n' for n in range(500))
    assert len(_served(monkeypatch, models).baseline) == 2


def test_a_queue_that_is_not_exposed_is_said_and_not_called_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "exposes no queue" in _served(monkeypatch, page(50, 3)).summary
    assert "exposes no queue" not in _served(monkeypatch, f"{page(50, 3)}\ntwinmind_queue_size 0").summary


def test_a_scrape_without_samples_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _served(monkeypatch, "<html>login</html>").status is FindingStatus.UNKNOWN


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("EAI_AGAIN", "unanswered"),
        ("ERR_CONNECTION_REFUSED", "unanswered"),
        ("ConnectTimeoutError", "unanswered"),
        ("RateLimitError", "rate_limited"),
        ("AuthenticationError", "auth_failed"),
        ("InternalServerError", "server_errors"),
    ],
)
def test_error_types_are_read_by_what_clients_of_every_language_call_them(name: str, kind: str) -> None:
    page = f'{COUNTED}{{{{status="error"}}}} {{0}}\ntwinmind_errors_total{{{{error_type="{name}"}}}} {{0}}'
    found = measure(packaged(), change(page.format(0), page.format(5)))
    kinds = ("auth_failed", "rate_limited", "server_errors", "unanswered")
    assert {one: found[one] for one in kinds} == dict.fromkeys(kinds, 0) | {kind: 5}


def test_bad_input_of_users_is_named_and_no_failure() -> None:
    after = """twinmind_transcriptions_total{status="success"} 96\ntwinmind_transcriptions_total{status="error"} 4
twinmind_errors_total{error_type="AudioFormatError"} 3\ntwinmind_api_requests_total{status="422"} 2"""
    found = measure(packaged(), change("a 1", after))
    assert (found["user_errors"], found["transcriptions_failed"], found["error_ratio"]) == (3, 1, 0.01)


@pytest.mark.parametrize(("good", "bad"), [(1, 9), (65, 35), (95, 5)])
def test_bad_input_of_a_share_that_alerts_is_hardly_the_users(good: int, bad: int) -> None:
    after = f"""twinmind_transcriptions_total{{status="success"}} {good}
twinmind_transcriptions_total{{status="error"}} {bad}\ntwinmind_api_requests_total{{status="400"}} {bad}"""
    found = measure(packaged(), change("a 1", after))
    assert (found["user_errors"], found["transcriptions_failed"]) == (bad, bad)
    assert found["error_ratio"] == bad / (good + bad)


@pytest.mark.parametrize(("bad", "failed"), [(15, 0), (35, 0), (49, 0), (50, 50), (80, 80)])
def test_input_that_an_error_type_names_is_the_users_unless_most_of_it_is_refused(bad: int, failed: int) -> None:
    after = f"""twinmind_transcriptions_total{{status="success"}} {100 - bad}
twinmind_transcriptions_total{{status="error"}} {bad}\ntwinmind_errors_total{{error_type="OAuth2Error"}} {bad}"""
    found = measure(packaged(), change("a 1", after))
    assert (found["user_errors"], found["transcriptions_failed"]) == (bad, failed)


REMAINING = 'twinmind_rate_limit_remaining{endpoint="/a"} %s\ntwinmind_rate_limit_remaining{endpoint="/b"} %s\n'
CALLED = 'twinmind_api_requests_total{endpoint="/b",status="success"} %s'


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        (REMAINING % (3, 250), REMAINING % (3, 249), 249),
        (REMAINING % (3, 250) + CALLED % 1, REMAINING % (3, 250) + CALLED % 2, 250),
        (REMAINING % (3, 250), REMAINING % (3, 250), None),
        (REMAINING % (9, 250), REMAINING % (3, 249), 3),
        ("a 1", REMAINING % (3, 250), 3),
    ],
)
def test_a_stale_gauge_does_not_outvote_a_fresh_one(before: str, after: str, left: int | None) -> None:
    assert measure(packaged(), change(before, after)).get("rate_limit_remaining") == left


def test_process_is_none_where_it_is_not_exposed() -> None:
    assert Scrape({}, 0.0).process is None


@pytest.mark.parametrize(("calls", "over"), [(1, False), (3, False), (14, False), (19, True)])
def test_trouble_is_over_when_chance_does_not_explain_the_calls_that_pass(
    monkeypatch: pytest.MonkeyPatch, calls: int, over: bool
) -> None:
    """A fifth of thirty calls failed. Whether a few that pass show an end is a matter of numbers, not of a look."""
    start = round(now().timestamp()) - 300
    found = _served(monkeypatch, counted(30, 6, start))
    assert found.measurements["error_ratio"] == 0.2
    for total in range(31, 31 + calls):
        found = looked_again(monkeypatch, found, counted(total, 6, start))
    assert (found.measurements["error_ratio"] == 0) is over
    assert (found.status is FindingStatus.OK) is over


def test_trouble_that_is_new_is_not_lost_among_the_calls_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    start = round(now().timestamp()) - 3000
    first = _served(monkeypatch, counted(200, 0, start))
    found = looked_again(monkeypatch, first, counted(203, 3, start)).measurements
    assert (found["transcriptions"], found["transcriptions_failed"]) == (3, 3)


def test_an_action_ends_what_the_looks_before_count_for(monkeypatch: pytest.MonkeyPatch) -> None:
    start = round(now().timestamp()) - 300
    first = _served(monkeypatch, counted(30, 6, start))
    found = looked_again(monkeypatch, first, counted(31, 6, start), acted_at=now() - timedelta(seconds=90)).measurements
    assert (found["transcriptions"], found["transcriptions_failed"]) == (1, 0)

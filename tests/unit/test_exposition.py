"""Pages of metrics as others write them: the standard's vectors, other people's pages, generated ones, odd lines."""

import gzip
import json
import math
import re
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import Metric
from prometheus_client import parser as prometheus
from prometheus_client.openmetrics import parser as openmetrics

from responder.clients.exposition import LARGEST, Unreadable, read_page, read_text
from responder.clients.http import NoAnswer, Response
from responder.clients.http_body import MAX_BODY_BYTES
from responder.clients.scrapes import Scrape, ScrapeDelta
from responder.config.runbook import packaged
from responder.domain.finding import Finding, FindingStatus
from responder.probes import service_metrics
from tests.support.probe_runs import look_at, runbook
from tests.support.skips import OPENMETRICS_PARSERS, needs_openmetrics

NAMES = packaged().endpoints.service.metrics.names
OPEN, TEXT = "application/openmetrics-text; version=1.0.0; charset=utf-8", "text/plain; version=0.0.4"
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str, names: Iterable[str], *, is_open: bool = False) -> tuple[Samples, int]:
    """What is read of the named metrics, and how many lines were odd."""
    found = read_text(text, set(names), is_open=is_open)
    read = {key: value for one in found.values() for key, (value, _) in one.samples.items()}
    return read, sum(one.odd for one in found.values())


def of_library(families: Iterable[Metric]) -> Samples:
    """What is no finite number is unknown."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): float(one.value)
        for family in families
        for one in family.samples
        if not math.isnan(one.value) and abs(one.value) < LARGEST
    }


# The standard's own vectors

# Refused by the standard for something outside the metrics that we name, so it costs none of them.
ELSEWHERE = {"bad_blank_line", "bad_grouping_or_ordering_3", "bad_histograms_4", "bad_histograms_5"}
VECTORS = sorted(OPENMETRICS_PARSERS.iterdir()) if OPENMETRICS_PARSERS.is_dir() else []
_FIRST = re.compile(r"(?:# (?:TYPE|HELP|UNIT) )?([a-zA-Z_:][\w:]*)", re.ASCII)


def parsed(text: str) -> list[Metric] | None:
    try:
        return list(openmetrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]
    except ValueError:
        return None


@needs_openmetrics
def test_there_are_as_many_vectors_as_the_standard_has() -> None:
    assert len(VECTORS) == 211


@needs_openmetrics
@pytest.mark.parametrize("vector", VECTORS, ids=lambda one: one.name)
def test_a_vector_of_the_standard_is_read_or_refused(vector: Any) -> None:
    case = json.loads((vector / "test.json").read_text())
    text = (vector / case["file"]).read_bytes().decode()
    families = parsed(text)
    assert (families is not None) is case["shouldParse"]
    if families is not None:
        names = [one.name + ("_total" if one.type == "counter" else "") for one in families]
        found, odd = samples(text, names, is_open=True)
        assert (found, odd) == (of_library(families), 0)
        return
    page = read_page(Response(200, {"content-type": OPEN}, text, 1), NAMES, 0.0)
    first = {match[1] for line in text.split("\n") if (match := _FIRST.match(line))}
    names = [re.sub(r"_(bucket|count|sum|created|gcount|gsum|info)$", "", name) for name in first]
    _, odd = samples(text, names, is_open=True)
    assert (odd > 0 or isinstance(page, Unreadable)) is (vector.name not in ELSEWHERE)


# Other people's pages

PAGES: dict[str, tuple[str, str, Samples]] = {
    # prometheus.io, "Text format example"
    "prometheus docs": (
        TEXT,
        """# HELP http_requests_total The total number of HTTP requests.
# TYPE http_requests_total counter
http_requests_total{method="post",code="200"} 1027 1395066363000
http_requests_total{method="post",code="400"}    3 1395066363000

# Escaping in label values:
msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9

# A weird metric from before the epoch:
something_weird{problem="division by zero"} +Inf -3982045
""",
        {
            ("http_requests_total", (("code", "200"), ("method", "post"))): 1027,
            ("http_requests_total", (("code", "400"), ("method", "post"))): 3,
            (
                "msdos_file_access_time_seconds",
                (("error", 'Cannot find file:\n"FILE.TXT"'), ("path", "C:\\DIR\\FILE.TXT")),
            ): 1458255915,
        },
    ),
    # OpenMetrics 1.0, "Exemplars": with and without a time, and `_created`
    "openmetrics": (
        OPEN,
        """# TYPE foo histogram
foo_bucket{le="0.01"} 0
foo_bucket{le="0.1"} 8 # {} 0.054
foo_bucket{le="1"} 11 # {trace_id="KOO5S4vxi0o"} 0.67
foo_bucket{le="10"} 17 # {trace_id="oHg5SJYRHA0"} 9.8 1520879607.789
foo_bucket{le="+Inf"} 17
foo_count 17
foo_sum 324789.3
foo_created 1520430000.123
# EOF
""",
        {
            ("foo_bucket", (("le", "0.01"),)): 0,
            ("foo_bucket", (("le", "0.1"),)): 8,
            ("foo_bucket", (("le", "1"),)): 11,
            ("foo_bucket", (("le", "10"),)): 17,
            ("foo_bucket", (("le", "+Inf"),)): 17,
            ("foo_count", ()): 17,
            ("foo_sum", ()): 324789.3,
            ("foo_created", ()): 1520430000.123,
        },
    ),
    # Spring Boot's actuator, with Java's simpleclient: a comma after the last label
    "spring": (
        TEXT,
        """# TYPE executor_queue_remaining_tasks gauge
executor_queue_remaining_tasks{name="applicationTaskExecutor",} 2.147483647E9
# TYPE process_start_time_seconds gauge
process_start_time_seconds 1.676360742796E9
""",
        {
            ("executor_queue_remaining_tasks", (("name", "applicationTaskExecutor"),)): 2147483647,
            ("process_start_time_seconds", ()): 1676360742.796,
        },
    ),
    # Node.js' prom-client before version 12, which writes the time behind each value
    "prom-client": (
        TEXT,
        """# TYPE process_cpu_user_seconds_total counter
process_cpu_user_seconds_total 0.001651 1580339919314
# TYPE nodejs_active_handles_total gauge
nodejs_active_handles_total 3 1580339919315
""",
        {("process_cpu_user_seconds_total", ()): 0.001651, ("nodejs_active_handles_total", ()): 3},
    ),
    # Prometheus' node exporter
    "node exporter": (
        TEXT,
        """# HELP node_cpu_seconds_total Seconds the CPUs spent in each mode.
# TYPE node_cpu_seconds_total counter
node_cpu_seconds_total{cpu="0",mode="idle"} 13024.48
node_cpu_seconds_total{cpu="0",mode="iowait"} 9.53
""",
        {
            ("node_cpu_seconds_total", (("cpu", "0"), ("mode", "idle"))): 13024.48,
            ("node_cpu_seconds_total", (("cpu", "0"), ("mode", "iowait"))): 9.53,
        },
    ),
    # .NET's prometheus-net: a counter without _total
    "prometheus-net": (
        TEXT,
        """# HELP PathCounter Counts requests to endpoints
# TYPE PathCounter counter
PathCounter{method="HEAD",endpoint="/metrics"} 1
PathCounter{method="GET",endpoint="/metrics"} 2
""",
        {
            ("PathCounter", (("endpoint", "/metrics"), ("method", "HEAD"))): 1,
            ("PathCounter", (("endpoint", "/metrics"), ("method", "GET"))): 2,
        },
    ),
    # Envoy's /stats/prometheus
    "envoy": (
        TEXT,
        """# TYPE envoy_cluster_upstream_rq_time histogram
envoy_cluster_upstream_rq_time_bucket{cluster_name="foo",le="0.5"}  10
envoy_cluster_upstream_rq_time_bucket{cluster_name="foo",le="+Inf"} 301
""",
        {
            ("envoy_cluster_upstream_rq_time_bucket", (("cluster_name", "foo"), ("le", "0.5"))): 10,
            ("envoy_cluster_upstream_rq_time_bucket", (("cluster_name", "foo"), ("le", "+Inf"))): 301,
        },
    ),
    # vLLM, whose names have colons
    "vllm": (
        TEXT,
        """# TYPE vllm:request_success_total counter
vllm:request_success_total{engine="0",finished_reason="stop",model_name="m"} 5.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
""",
        {
            ("vllm:request_success_total", (("engine", "0"), ("finished_reason", "stop"), ("model_name", "m"))): 5,
            ("vllm:num_requests_waiting", (("engine", "0"), ("model_name", "m"))): 1,
        },
    ),
}


@pytest.mark.parametrize("page", PAGES)
def test_other_peoples_pages_are_read(page: str) -> None:
    kind, text, expected = PAGES[page]
    names = {re.sub("_(bucket|count|sum|created)$", "", name) for name, _ in expected} | {"something_weird"}
    assert samples(text, names, is_open=kind == OPEN) == (expected, 0)


# What our probe makes of a page


def served(monkeypatch: pytest.MonkeyPatch, *pages: str, kind: str = TEXT, override: Any = None) -> Finding:
    """`pages` in turn, the last one for ever."""
    monkeypatch.setattr(service_metrics, "APART", 0.01)
    left = list(pages)

    def answer(_: httpx.Request) -> httpx.Response:
        text = left.pop(0) if len(left) > 1 else left[0]
        return httpx.Response(200, headers={"content-type": kind}, text=text)

    transport = httpx.MockTransport(answer)
    return look_at(runbook("http://127.0.0.1:9", override), "service_metrics", transport=transport)["service_metrics"]


LATENCY = """# TYPE twinmind_api_latency_seconds histogram
twinmind_api_latency_seconds_bucket{{le="5.0"}} 0
twinmind_api_latency_seconds_bucket{{le="10.0"}} {0} # {{trace_id="a"}} 9.7 1520879607.789
twinmind_api_latency_seconds_bucket{{le="+Inf"}} {0}
twinmind_api_latency_seconds_count {0}
twinmind_api_latency_seconds_sum {0}
# TYPE twinmind_transcriptions counter
twinmind_transcriptions_total{{status="success"}} {0} 1520879607.5
# EOF
"""


@pytest.mark.parametrize("kind", [OPEN, TEXT])
def test_an_exemplar_with_a_time_hides_no_bucket(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    finding = served(monkeypatch, LATENCY.format(0), LATENCY.format(40), kind=kind)
    assert finding.measurements["latency_p95_seconds"] == 9.75
    assert finding.status is FindingStatus.DEGRADED
    assert finding.measurements["transcriptions"] == 40


@pytest.mark.parametrize("kind", [OPEN, TEXT])
def test_an_exemplar_is_not_read_as_the_value(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    line = 'twinmind_transcriptions_total{{status="error"}} {} # {{a="b"}} 1'
    page = f"# TYPE twinmind_transcriptions counter\n{line}\n# EOF"
    finding = served(monkeypatch, page.format(0), page.format(10), kind=kind)
    assert (finding.measurements["transcriptions"], finding.measurements["transcriptions_failed"]) == (10, 10)


def test_blanks_around_a_label_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    page = 'twinmind_transcriptions_total{{ status = "error" , model="ear-3" }} {}\n'
    finding = served(monkeypatch, page.format(1), page.format(7))
    assert finding.measurements["transcriptions_failed"] == 6


def test_one_odd_line_costs_that_line_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    page = """twinmind_transcriptions_total{{status="success"}} {}
twinmind_transcriptions_total{{status="error"}} tm_sk_secret
# EOF
"""
    finding = served(monkeypatch, page.format(1), page.format(7))
    assert finding.measurements["transcriptions"] == 6
    assert finding.measurements["faults_of_page"] == 1
    assert "1 line(s) of twinmind_transcriptions_total could not be read" in finding.summary
    assert "tm_sk" not in finding.summary


def test_of_a_series_that_is_there_twice_the_first_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "twinmind_transcriptions_total {}\ntwinmind_transcriptions_total 900\n"
    finding = served(monkeypatch, page.format(1), page.format(7))
    assert finding.measurements["transcriptions"] == 6
    assert "1 line(s)" in finding.summary


def test_of_two_times_of_a_series_the_later_counts() -> None:
    lines = "twinmind_errors_total 5 1700000002000\ntwinmind_errors_total 3 1700000001000"
    for text in (lines, "\n".join(reversed(lines.split("\n")))):
        assert samples(text, ["twinmind_errors_total"]) == ({("twinmind_errors_total", ()): 5}, 0)


def test_no_other_metric_is_taken_for_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    page = PAGES["spring"][1] + "twinmind_transcriptions_total 1\n"
    assert served(monkeypatch, page).measurements["queue_exposed"] is False
    named = {"endpoints": {"service": {"metrics": {"names": {"queue": "vllm:num_requests_waiting"}}}}}
    finding = served(monkeypatch, page + PAGES["vllm"][1], override=named)
    assert finding.measurements["queue_depth"] == 1


def test_a_metric_of_another_type_is_not_used_and_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "# TYPE twinmind_queue_size counter\ntwinmind_queue_size 900\ntwinmind_transcriptions_total 1\n"
    finding = served(monkeypatch, page)
    assert finding.measurements["queue_exposed"] is False
    assert "twinmind_queue_size is declared as counter and not as gauge" in finding.summary


def test_other_names_are_read_where_the_runbook_names_them(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"endpoints": {"service": {"metrics": {"names": {"transcriptions": "PathCounter"}}}}}
    page = '# TYPE PathCounter counter\nPathCounter{{status="error"}} {}\n'
    assert (
        served(monkeypatch, page.format(1), page.format(5), override=named).measurements["transcriptions_failed"] == 4
    )
    finding = served(monkeypatch, page.format(1))
    assert finding.status is FindingStatus.UNKNOWN
    assert "none of the metrics that count calls, such as twinmind_transcriptions_total" in finding.summary


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(307, headers={"location": "https://u:p@login.example.com/a?token=1"}),
         "HTTP 307, a redirect to login.example.com/a."),
        (httpx.Response(200, text="a 1\n" * (MAX_BODY_BYTES // 4 + 1)), "more than 2 MB, where it was cut"),
        (httpx.Response(200, headers={"content-type": OPEN}, text="a_total 1\n"), "does not end with # EOF"),
        (httpx.Response(200, html="<html>Please log in 1</html>"), "HTTP 200 and a web page"),
        (httpx.Response(200, json={"status": 1}), "the answer is application/json"),
        (httpx.Response(200, text="<html>login</html>"), "holds no metrics"),
        (httpx.Response(503), "HTTP 503"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_unknown_and_says_why(answer: httpx.Response, why: str) -> None:
    transport = httpx.MockTransport(lambda _: answer)
    finding = look_at(runbook("http://127.0.0.1:9"), "service_metrics", transport=transport)["service_metrics"]
    assert finding.status is FindingStatus.UNKNOWN
    assert why in finding.summary
    assert "token" not in finding.summary


def test_a_packed_page_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_metrics, "APART", 0.01)
    body = gzip.compress(b"twinmind_transcriptions_total 5\n")
    answer = httpx.MockTransport(lambda _: httpx.Response(200, headers={"content-encoding": "gzip"}, content=body))
    finding = look_at(runbook("http://127.0.0.1:9"), "service_metrics", transport=answer)["service_metrics"]
    assert (finding.status, finding.measurements["transcriptions"]) == (FindingStatus.OK, 0)


def test_the_processes_of_a_page_are_told_apart() -> None:
    page = 'process_start_time_seconds{{pid="1"}} 5\nprocess_start_time_seconds{{pid="2"}} {}\n'
    one, other = (read_page(Response(200, {}, page.format(at), 1), NAMES, 0.0) for at in (6, 7))
    assert isinstance(one, Scrape)
    assert isinstance(other, Scrape)
    assert (one.starts, one.process, ScrapeDelta(one, other).is_same_process) == ((5, 6), 6, False)


def test_no_answer_is_no_page() -> None:
    assert read_page(NoAnswer("dns", 1), NAMES, 0.0) == Unreadable("the name could not be resolved")


# Generated pages

_values = st.one_of(
    st.integers(0, 2**64).map(str), st.floats(0, 1e12).map(repr), st.sampled_from(["NaN", "+Inf", "1e3", "0x1"])
)
_label = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).map(
    lambda text: text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
)
_times = st.sampled_from(["", " 1520879607", " 1520879607.789"])
_exemplars = st.sampled_from(["", ' # {a="b"} 1', ' # {a="}"} 0.5 1520879607.789'])


@st.composite
def counters(draw: st.DrawFn) -> str:
    """A counter in OpenMetrics: labels with any text, values, times, exemplars."""
    labels = draw(st.lists(_label, min_size=1, max_size=4, unique=True))
    time = draw(_times)
    lines = [f'foo_total{{x="{one}"}} {draw(_values)}{time}{draw(_exemplars)}' for one in labels]
    return "\n".join(["# TYPE foo counter", *lines])


@given(counters())
def test_a_generated_page_is_read_as_the_library_reads_it(text: str) -> None:
    families = parsed(f"{text}\n# EOF\n")
    found, odd = samples(text, ["foo_total"], is_open=True)
    if families is None:
        assert odd > 0
    else:
        assert (found, odd) == (of_library(families), 0)


@given(counters())
def test_a_generated_page_of_the_older_format_too(text: str) -> None:
    text = text.replace("# TYPE foo counter", "# TYPE foo_total counter")
    try:
        families: list[Metric] | None = list(prometheus.text_string_to_metric_families(text))
    except ValueError:
        families = None
    found, odd = samples(text, ["foo_total"])
    if families is None:
        assert odd > 0
    else:
        assert (found, odd) == (of_library(families), 0)


@given(st.integers(0, 10**9), st.text(max_size=30), st.booleans())
def test_no_line_hides_another(value: int, junk: str, is_open: bool) -> None:
    junk = "foo_total{" + junk.replace("\n", "").replace("}", "")
    text = f'# TYPE foo{"" if is_open else "_total"} counter\nfoo_total{{x="a"}} {value}\n{junk}\nfoo_total{{x="b"}} 7'
    found, odd = samples(text, ["foo_total"], is_open=is_open)
    assert found["foo_total", (("x", "a"),)] == value
    assert found["foo_total", (("x", "b"),)] == 7
    assert odd > 0


@given(st.text(), st.booleans())
def test_any_text_is_read_or_refused(text: str, is_open: bool) -> None:
    read_text(f"twinmind_errors_total{text}", NAMES.types, is_open=is_open)
    read_page(Response(200, {"content-type": text[:20]}, text, 1), NAMES, 0.0)

"""Figures of our service from Prometheus' HTTP API, from Amazon's with signed calls, and from CloudWatch."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import httpx
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto import mock_aws

from responder.aws import sigv4
from responder.config.credential_hosts import refused_address
from responder.config.runbook import merge, packaged, with_override
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident
from tests.support.probe_runs import READERS, look_at, runbook

URL = "http://prometheus.example:9090"
PROMETHEUS = {"source": "prometheus", "prometheus": {"url": URL}}
Answer = Callable[[str, datetime], Any]


def look(metrics: dict[str, Any], answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> Finding:
    started = now() - timedelta(hours=2)
    about = Incident(id="pd-Q1", source="pagerduty", upstream_id="Q1", started_at=started)
    book = runbook("http://127.0.0.1:9", {"endpoints": {"service": {"metrics": metrics}}})
    return look_at(book, "service_metrics", about=about, transport=httpx.MockTransport(answer), **more)[
        "service_metrics"
    ]


def vector(*values: float) -> dict[str, Any]:
    """Prometheus, "HTTP API", "Instant vectors"."""
    result = [{"metric": {}, "value": [1435781451.781, str(value)]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


def answering(figures: Mapping[str, float | tuple[float, ...]], asked: list[httpx.Request]) -> Any:
    """By a part of the query; without data otherwise."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        query = parse_qs(urlsplit(str(request.url)).query)["query"][0]
        found = next((value for part, value in figures.items() if part in query), ())
        return httpx.Response(200, json=vector(*(found if isinstance(found, tuple) else (found,))))

    return answer


FAILING = {
    'twinmind_transcriptions_total{status="error"}[300s]': 40.2,
    "twinmind_transcriptions_total[300s]": 100.4,
    'twinmind_transcriptions_total{status="error"}': 412,
    "twinmind_transcriptions_total": 430,
    "twinmind_api_requests_total[": 150,
    'error_type="RATE_LIMITED"': 39.8,
    "twinmind_api_latency_seconds_bucket": 2.5,
}


def test_figures_come_from_prometheus() -> None:
    asked: list[httpx.Request] = []
    finding = look(PROMETHEUS, answering(FAILING, asked))
    measured = finding.measurements
    assert finding.status is FindingStatus.DEGRADED
    expected = {"source": "prometheus", "window_seconds": 300.0, "transcriptions": 100, "transcriptions_failed": 40,
                "error_ratio": 0.4, "rate_limited": 40, "requests_per_minute": 30, "latency_p95_seconds": 2.5,
                "auth_failed": 0, "queue_exposed": False}  # fmt: skip
    assert {name: measured.get(name) for name in expected} == expected
    assert {urlsplit(str(one.url)).path for one in asked} == {"/api/v1/query"}
    assert all("$" not in str(one.url) for one in asked)


def test_what_failed_since_the_start_is_counted() -> None:
    finding = look(PROMETHEUS, answering(FAILING, []))
    assert (finding.measurements["since_transcriptions"], finding.measurements["since_transcriptions_failed"]) == (
        430,
        412,
    )


def test_users_are_counted_where_a_query_does() -> None:
    users = {
        "prometheus": {"queries": {"users_affected": "count(count by (user) (increase(failed_total[$window]) > 0))"}}
    }
    finding = look(merge(PROMETHEUS, users), answering(FAILING | {"failed_total[72": 31.0}, []))
    assert finding.measurements["users_affected"] == 31


def test_the_same_hour_of_earlier_days_is_compared() -> None:
    present = now()
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = parse_qs(urlsplit(str(request.url)).query)
        age = round((present.timestamp() - float(found["time"][0])) / 86_400)
        failed = {0: 40, 1: 1, 2: 30, 7: 2}[age]
        return httpx.Response(200, json=vector(failed if "error" in found["query"][0] else 100))

    finding = look(PROMETHEUS, answer)
    assert finding.measurements["usual_error_ratio"] == 0.02  # the median: one odd day does not count
    assert finding.measurements["before_error_ratio"] == 0.4
    assert "At this hour of earlier days 2.0% failed" in finding.summary


def test_what_was_before_an_action_does_not_judge_it() -> None:
    asked: list[httpx.Request] = []
    readers = replace(READERS, acted_at=lambda: now() - timedelta(seconds=90))
    measured = look(PROMETHEUS, answering({"twinmind_transcriptions_total": 5}, asked), readers=readers).measurements
    assert 85 <= measured["window_seconds"] <= 90


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(400, json={"status": "error", "errorType": "bad_data", "error": "1:5: parse error"}),
         "transcriptions: Prometheus answers HTTP 400 (1:5: parse error)"),
        (httpx.Response(403, json={"message": "Forbidden"}), "Prometheus answers HTTP 403 (Forbidden)"),
        (httpx.Response(302, headers={"location": "https://sso.example/login?state=1"}),
         "Prometheus answers HTTP 302, a redirect to sso.example/login"),
        (httpx.Response(200, html="<html>"), "Prometheus answers HTTP 200"),
        (httpx.Response(200, json={"status": "success", "data": {"resultType": "matrix", "result": [{"values": []}]}}),
         "not of the form"),
        (httpx.Response(200, json=vector(1, 2)), "gives 2 series, and must give one number"),
        (httpx.Response(200, json=vector()), "the query for transcriptions gave no number"),
        (httpx.Response(200, json=vector(float("nan"))), "the query for transcriptions gave no number"),
    ],
)  # fmt: skip
def test_what_prometheus_cannot_say_is_unknown_and_said(answer: httpx.Response, why: str) -> None:
    finding = look(PROMETHEUS, lambda _: answer)
    assert finding.status is FindingStatus.UNKNOWN
    assert why in finding.summary
    assert len(finding.summary) < 3000


def test_one_odd_query_costs_that_query() -> None:
    figures = FAILING | {"sum(twinmind_queue_size)": (1.0, 2.0)}
    finding = look(PROMETHEUS, answering(figures, []))
    assert finding.measurements["transcriptions"] == 100
    assert "Of the queries, queue_depth: it gives 2 series" in finding.summary


def test_a_token_is_sent_where_there_is_one() -> None:
    asked: list[httpx.Request] = []
    bearer = merge(PROMETHEUS, {"prometheus": {"auth": "bearer"}})
    look(bearer, answering(FAILING, asked))
    assert {one.headers["authorization"] for one in asked} == {f"Bearer {READERS.credential('prometheus')}"}
    plain: list[httpx.Request] = []
    look(PROMETHEUS, answering(FAILING, plain))
    assert not any("authorization" in one.headers for one in plain)
    none = replace(READERS, credential=lambda _: None)
    finding = look(bearer, answering(FAILING, asked), readers=none)
    assert "the vendor credentials have no entry prometheus" in finding.summary


@pytest.mark.parametrize(("auth", "is_refused"), [("none", False), ("bearer", True), ("sigv4", True)])
def test_a_credential_goes_to_a_pinned_host_only(auth: str, is_refused: bool) -> None:
    metrics = merge(PROMETHEUS, {"prometheus": {"auth": auth, "region": "eu-central-1"}})
    book = with_override(json.dumps({"endpoints": {"service": {"metrics": metrics}}}))
    problem = refused_address(book, "")
    assert (problem is not None) is is_refused
    assert problem is None or problem.startswith("endpoints.service.metrics.prometheus.url: ")


def test_calls_to_amazon_are_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature is that of botocore over exactly the URL that arrives."""
    signer_of_functions = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "token of a role")
    monkeypatch.setattr(sigv4, "credentials", lambda: signer_of_functions)
    url = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-1"
    asked: list[httpx.Request] = []
    metrics = {"source": "prometheus", "prometheus": {"url": url, "auth": "sigv4", "region": "eu-central-1"}}
    assert look(metrics, answering(FAILING, asked)).measurements["transcriptions"] == 100
    for request in asked:
        again = AWSRequest(method="GET", url=str(request.url))
        again.context["timestamp"] = request.headers["x-amz-date"]
        signer = SigV4Auth(signer_of_functions, "aps", "eu-central-1")
        for name in ("X-Amz-Date", "X-Amz-Security-Token"):
            again.headers[name] = request.headers[name]
        signature = signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)
        assert request.headers["authorization"].endswith(f"Signature={signature}")


def test_what_a_source_needs_is_asked_for() -> None:
    for metrics, text in (
        ({"source": "prometheus"}, "metrics.prometheus needs url"),
        ({"prometheus": {"auth": "sigv4"}}, "sigv4 needs region"),
        ({"source": "cloudwatch"}, "metrics.cloudwatch.queries needs transcriptions"),
    ):
        with pytest.raises(ValueError, match=text):
            runbook("http://127.0.0.1:9", {"endpoints": {"service": {"metrics": metrics}}})


@mock_aws
def test_figures_come_from_cloudwatch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    at = datetime.now(UTC) - timedelta(seconds=90)
    minute = timedelta(minutes=1)
    names = {"Transcriptions": 50.0, "Failed": 20.0}
    data = [
        {
            "MetricName": name,
            "Dimensions": [{"Name": "Service", "Value": "tm"}],
            "Timestamp": at - place * minute,
            "Value": value,
        }
        for name, value in names.items()
        for place in range(2)
    ]
    boto3.client("cloudwatch", region_name="us-east-1").put_metric_data(Namespace="TwinMind", MetricData=data)
    shared = {"namespace": "TwinMind", "dimensions": {"Service": "tm"}}
    queries = {
        "transcriptions": shared | {"name": "Transcriptions"},
        "transcriptions_failed": shared | {"name": "Failed"},
        "latency_p95_seconds": shared | {"name": "Latency", "statistic": "p95"},
    }
    metrics = {"source": "cloudwatch", "cloudwatch": {"queries": queries}}
    finding = look(metrics, lambda _: httpx.Response(500))
    assert (finding.measurements["transcriptions"], finding.measurements["transcriptions_failed"]) == (100, 40)
    assert "latency_p95_seconds" not in finding.measurements
    assert json.dumps(finding.dump())


def test_the_shipped_queries_ask_for_the_configured_names() -> None:
    asked: list[httpx.Request] = []
    named = {"names": {"transcriptions": "jobs_total", "queue": None}}
    look(merge(PROMETHEUS, named), answering({"jobs_total": 1}, asked))
    queries = {parse_qs(urlsplit(str(one.url)).query)["query"][0] for one in asked}
    assert any(query.startswith("sum(increase(jobs_total[") for query in queries)
    assert not any("None" in query or "queue" in query for query in queries)
    assert packaged().endpoints.service.metrics.source == "scrape"

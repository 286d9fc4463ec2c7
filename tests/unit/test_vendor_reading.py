"""The status page's contradictions, rate-limit headers, standby keys and health bodies, as the probes read them."""

from typing import Any

import httpx
import pytest

from responder.domain.finding import Finding, FindingStatus
from responder.probes.runner import Readers
from tests.support.probe_runs import CREDENTIAL, KEY, STANDBY, look_at, runbook

OK, DEGRADED, FAILED, UNKNOWN = FindingStatus.OK, FindingStatus.DEGRADED, FindingStatus.FAILED, FindingStatus.UNKNOWN
BOOK = runbook("http://127.0.0.1:9")


def seen(name: str, answer: httpx.Response | dict[str, httpx.Response]) -> Finding:
    """The probe's finding where every path gets `answer`, or the one whose name ends the path."""

    def serve(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, httpx.Response):
            return answer
        return next((found for path, found in answer.items() if request.url.path.endswith(path)), httpx.Response(404))

    return look_at(BOOK, name, transport=httpx.MockTransport(serve))[name]


def page(indicator: str, **parts: Any) -> httpx.Response:
    return httpx.Response(200, json={"status": {"indicator": indicator, "description": "x"}} | parts)


@pytest.mark.parametrize(
    ("answer", "status", "announced"),
    [
        (page("none"), OK, "none"),
        (page("minor"), DEGRADED, "minor"),
        (page("critical"), FAILED, "critical"),
        (page("maintenance"), DEGRADED, "maintenance"),
        (page("purple"), UNKNOWN, None),
        (page("none", incidents=[{"status": "investigating", "impact": "critical"}]), FAILED, "critical"),
        (page("none", incidents=[{"status": "investigating", "impact": "none"}]), DEGRADED, "minor"),
        (page("none", incidents=[{"status": "resolved", "impact": "critical", "resolved_at": None}]), OK, "none"),
        (page("none", components=[{"status": "major_outage"}]), FAILED, "critical"),
        (page("none", components=[{"status": "major_outage", "group": True}]), OK, "none"),
        (page("major", components=[{"status": "operational"}]), FAILED, "major"),
        (page("none", scheduled_maintenances=[{"status": "scheduled"}]), OK, "none"),
        (page("none", scheduled_maintenances=[{"status": "in_progress"}]), DEGRADED, "maintenance"),
    ],
)
def test_the_worst_of_what_the_page_says_counts(
    answer: httpx.Response, status: FindingStatus, announced: str | None
) -> None:
    found = seen("twinmind_status_page", answer)
    assert (found.status, found.measurements.get("announced")) == (status, announced)


@pytest.mark.parametrize(
    ("answer", "contradicts"),
    [
        (page("none", components=[{"status": "operational"}]), False),
        (page("none", components=[{"status": "major_outage"}]), True),
        (page("major", components=[{"status": "operational"}]), True),
        (page("major", components=[{"status": "major_outage"}]), False),
        (page("none", incidents=[{"status": "investigating", "impact": "minor"}]), True),
        (page("major"), False),
    ],
)
def test_a_page_that_contradicts_itself_says_so(answer: httpx.Response, contradicts: bool) -> None:
    found = seen("twinmind_status_page", answer)
    assert found.measurements["contradicts"] is contradicts
    assert ("disagree" in found.summary) is contradicts


def test_planned_maintenances_and_stale_incidents_are_told() -> None:
    planned = [{"status": "scheduled", "scheduled_for": "2026-01-05T13:30:00Z"}, {"status": "scheduled"}]
    old = [
        {"status": "monitoring", "updated_at": "2026-01-05T04:30:00.000Z"},
        {"status": "identified", "updated_at": 5},
    ]
    found = seen("twinmind_status_page", page("minor", incidents=old, scheduled_maintenances=planned))
    told = [found.measurements[name] for name in ("planned_maintenances", "next_maintenance_minutes", "stale_hours")]
    assert told == [2, 90, 7]
    assert "Nothing was said there for 7 h." in found.summary
    assert "planned in 90 minutes" in found.summary


def test_without_a_summary_the_short_form_is_read() -> None:
    found = seen("twinmind_status_page", {"status.json": page("major")})
    assert (found.status, found.measurements["indicator"]) == (FAILED, "major")


def test_names_on_the_page_are_scrubbed() -> None:
    incident = {"status": "investigating", "impact": "major", "name": f"Leak of {KEY}"}
    assert KEY not in seen("twinmind_status_page", page("major", incidents=[incident])).summary


@pytest.mark.parametrize(
    ("status_code", "headers", "status", "remaining"),
    [
        (200, {"x-ratelimit-limit": "60", "x-ratelimit-remaining": "60"}, OK, 60),
        (200, {"X-RateLimit-Remaining": "10"}, OK, 10),
        (200, {"X-RateLimit-Remaining": "9"}, DEGRADED, 9),
        (200, {"X-RateLimit-Remaining": "0"}, FAILED, 0),
        (429, {}, FAILED, None),
        (200, {}, UNKNOWN, None),
        (200, {"X-RateLimit-Remaining": "-1"}, UNKNOWN, None),
        (200, {"X-RateLimit-Remaining": "many"}, UNKNOWN, None),
    ],
)
def test_rate_limit_headers(
    status_code: int, headers: dict[str, str], status: FindingStatus, remaining: int | None
) -> None:
    found = seen("twinmind_rate_limit", httpx.Response(status_code, headers=headers))
    assert (found.status, found.measurements.get("remaining")) == (status, remaining)


@pytest.mark.parametrize("name", ["twinmind_account", "twinmind_standby_key"])
@pytest.mark.parametrize("body", ["OK", "", "[]"])
def test_a_key_is_not_proven_by_just_any_200(name: str, body: str) -> None:
    assert seen(name, httpx.Response(200, text=body)).status is UNKNOWN


def standby(staged: tuple[str, ...], accepted: set[str], status: int = 401) -> tuple[Finding, list[str]]:
    tried: list[str] = []

    def serve(request: httpx.Request) -> httpx.Response:
        tried.append(request.headers["authorization"].removeprefix("Bearer "))
        return httpx.Response(200, json={}) if tried[-1] in accepted else httpx.Response(status)

    readers = Readers(lambda: KEY, lambda: staged, lambda _: CREDENTIAL)
    transport = httpx.MockTransport(serve)
    return look_at(BOOK, "twinmind_standby_key", readers=readers, transport=transport)["twinmind_standby_key"], tried


def test_standby_keys_are_tried_until_one_passes_and_the_current_one_is_skipped() -> None:
    found, tried = standby((KEY, *STANDBY, "tm_sk_never_tried"), {STANDBY[1]})
    assert tried == list(STANDBY)
    assert found.status is OK
    assert found.measurements == {
        "standby": "passing", "passing_index": 2, "tried": 2, "staged": 4, "skipped": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("staged", "answer", "status", "word"),
    [
        ((), 401, DEGRADED, "none"),
        ((KEY,), 401, DEGRADED, "none"),
        (STANDBY, 401, FAILED, "refused"),
        (STANDBY, 503, UNKNOWN, None),
    ],
)
def test_standby_keys_that_do_not_help(
    staged: tuple[str, ...], answer: int, status: FindingStatus, word: str | None
) -> None:
    found, _ = standby(staged, set(), answer)
    assert (found.status, found.measurements.get("standby")) == (status, word)


@pytest.mark.parametrize(
    ("code", "body", "status"),
    [
        (200, {"status": "healthy"}, OK),
        (200, {"status": "DEGRADED"}, DEGRADED),
        (200, {"status": "unhealthy"}, FAILED),
        (503, {"status": "ok"}, FAILED),
        (200, {"anything": 1}, OK),
        (500, None, FAILED),
        (404, None, UNKNOWN),
        (401, None, UNKNOWN),
    ],
)
def test_health_bodies(code: int, body: Any, status: FindingStatus) -> None:
    assert seen("service_health", httpx.Response(code, json=body)).status is status


@pytest.mark.parametrize(
    ("message", "code", "silent"),
    [
        ("HTTP 401: Invalid API key", 401, False),
        ("Invalid API key", 401, False),
        ("HTTP 503: Service Unavailable", 503, False),
        ("getaddrinfo ENOTFOUND api.twinmind.com", None, True),
        ("request failed: no answer", None, True),
        ("no API key loaded", None, False),
    ],
)
def test_why_our_service_cannot_use_twinmind(message: str, code: int | None, silent: bool) -> None:
    check = {"name": "twinmind_api", "status": "fail", "message": message}
    found = seen("service_twinmind_health", httpx.Response(503, json={"status": "unhealthy", "checks": [check]}))
    assert found.measurements.get("twinmind_http_status") == code
    assert found.measurements["twinmind_silent"] is silent

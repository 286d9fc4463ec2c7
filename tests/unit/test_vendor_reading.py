"""The status page's contradictions, rate-limit headers, standby keys and health bodies, as the probes read them."""

from typing import Any

import httpx
import pytest

from responder.aws.secrets import api_key, standby_keys
from responder.contracts.probe import Readers
from responder.domain.finding import Finding, FindingStatus
from responder.domain.secret_shape import key_flaw, list_flaw
from responder.probes import PROBES
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
    assert "It has had no update for 7 h." in found.summary
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


def test_the_page_s_own_words_its_link_and_the_time_of_the_oldest_entry_are_kept() -> None:
    newest = {
        "id": "new", "name": "API errors", "status": "identified", "impact": "major",
        "created_at": "2026-01-05T11:40:00.000Z", "shortlink": "https://stspg.io/new",
        "incident_updates": [{"body": "A fix is <b>on its way</b>.<br />"}, {"body": "We look into it."}],
    }  # fmt: skip
    oldest = {"id": "old", "name": "Slow", "status": "investigating", "created_at": "2026-01-05T12:28:00+01:00"}
    found = seen("twinmind_status_page", page("major", incidents=[newest, oldest]))
    assert "It says “A fix is on its way .” (https://stspg.io/new)." in found.summary
    assert (found.measurements["entry_id"], found.measurements["entry_since"]) == ("old", "2026-01-05T11:28:00Z")
    bad = newest | {"shortlink": "javascript:alert(1)", "incident_updates": [], "created_at": "yesterday"}
    found = seen("twinmind_status_page", page("major", incidents=[bad]))
    assert "javascript" not in found.summary
    assert "entry_since" not in found.measurements


def test_of_the_page_only_the_components_that_we_use_count() -> None:
    book = runbook("http://127.0.0.1:9", {"endpoints": {"status_page_components": ["API"]}})

    def announced(**parts: Any) -> str:
        transport = httpx.MockTransport(lambda _: page("critical", **parts))
        found = look_at(book, "twinmind_status_page", transport=transport)["twinmind_status_page"]
        return str(found.measurements["announced"])

    others = [{"name": "API", "status": "operational"}, {"name": "Billing", "status": "major_outage"}]
    billing = {"status": "investigating", "impact": "critical", "components": [{"name": "Billing"}]}
    assert announced(components=others) == "none"
    assert announced(components=others, incidents=[billing]) == "none"
    assert announced(components=others, incidents=[billing | {"components": [{"name": "API"}]}]) == "critical"
    assert announced(components=others, incidents=[billing | {"components": []}]) == "critical"
    # A page that has none of these names is read whole: its components were renamed.
    assert announced(components=others[1:]) == "critical"


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


UNSENDABLE = ["\ufeff{}", "{}\u200b", "{}\ntm_sk_second", "{}\x00", "clé-{}"]


@pytest.mark.parametrize("form", UNSENDABLE)
def test_a_key_that_no_header_can_carry_is_ours_and_says_so(form: str) -> None:
    """By every probe that uses it: TwinMind was never asked, so nothing of it is slow, silent or broken."""
    sent: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={})

    key = form.format("tm_sk_first")
    names = [name for name in PROBES if name.startswith("twinmind") and name != "twinmind_status_page"]
    readers = Readers(lambda: key, lambda: (form.format("tm_sk_third"), "tm_sk_good"), lambda _: CREDENTIAL)
    found = look_at(BOOK, *names, readers=readers, transport=httpx.MockTransport(serve))
    assert {request.headers.get("authorization") for request in sent} == {None, "Bearer tm_sk_good"}
    account = found["twinmind_account"]
    assert (account.status, account.measurements["answer"]) == (FAILED, "unsent")
    assert "which no HTTP header can carry" in account.summary
    assert found["twinmind_standby_key"].measurements["passing_index"] == 1
    blamed = [one for one in found.values() if one.measurements.get("answer") in ("silent", "erring")]
    assert blamed == []
    assert not any("tm_sk" in one.summary for one in found.values())


@pytest.mark.parametrize(
    ("text", "field", "says"),
    [
        (None, None, "without a text value"),
        ('{"key": "tm_sk_a"}', None, "is a JSON object"),
        ('\ufeff{"key": "tm_sk_a"}', None, "behind a byte order mark"),
        ('\ufeff{"key": "tm_sk_a"}', "key", "behind a byte order mark"),
        ('{"key": "tm_sk_a', "key", "cut off or broken"),
        ('{"key": "tm_sk_a', None, "cut off or broken"),
        ('["tm_sk_a"]', None, "a bare JSON list"),
        ("tm_sk_a", "key", "is plain text"),
        ("null", None, "JSON null"),
        ('{"key": null}', "key", "no text under key"),
        ('{"other": "tm_sk_a"}', "key", "no text under key"),
    ],
)
def test_a_misshapen_secret_is_named_and_never_sent(text: str | None, field: str | None, says: str) -> None:
    book = runbook("http://outside.invalid", {"endpoints": {"twinmind": {"key_json_field": field}}})
    readers = Readers(lambda: api_key(text, field), lambda: (), lambda _: CREDENTIAL, lambda _: key_flaw(text, field))
    found = look_at(book, "twinmind_account", readers=readers)["twinmind_account"]
    assert (found.status, found.measurements) == (FAILED, {"key_present": False})
    assert says in found.summary
    assert "tm_sk_a" not in found.summary


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('["tm_sk_a"]', "a bare JSON list"),
        ("tm_sk_a", "plain text"),
        ('{"keys": "tm_sk_a"}', "no list under keys"),
        ('{"keys": [{"key": "tm_sk_a"}]}', "1 of 1 entries under keys are no text"),
        ('\ufeff{"keys": ["tm_sk_a"]}', "behind a byte order mark"),
        ('{"keys": ["tm_sk_a"', "cut off or broken"),
    ],
)
def test_a_standby_list_of_another_shape_is_named_and_not_called_empty(text: str, says: str) -> None:
    readers = Readers(lambda: KEY, lambda: standby_keys(text), lambda _: CREDENTIAL, lambda _: list_flaw(text))
    found = look_at(BOOK, "twinmind_standby_key", readers=readers)["twinmind_standby_key"]
    assert (found.status, found.measurements["standby"]) == (DEGRADED, "unusable")
    assert says in found.summary
    assert "empty" not in found.summary
    assert "tm_sk_a" not in found.summary


PAGE = {"content-type": "text/html; charset=utf-8"}


@pytest.mark.parametrize("name", ["twinmind_health", "twinmind_account", "twinmind_health_with_key"])
@pytest.mark.parametrize("code", [200, 401, 403, 407])
def test_a_web_page_of_a_proxy_is_named_and_proves_nothing(name: str, code: int) -> None:
    found = seen(name, httpx.Response(code, headers=PAGE, text="<h1>Access denied</h1>"))
    assert (found.status, found.measurements["answer"]) == (UNKNOWN, "odd")
    assert "a web page, as a proxy, firewall or sign-in page sends it" in found.summary


def test_a_redirect_says_where_to_without_its_query() -> None:
    answer = httpx.Response(307, headers={"location": "https://sign-in.example.net/start?token=secret"})
    assert "HTTP 307, a redirect to sign-in.example.net/start." in seen("twinmind_account", answer).summary


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

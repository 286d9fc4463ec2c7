"""Our own service: it lives, fails with TwinMind and by itself, and comes back with the key of the moment."""

import time
from typing import Any

import pytest

from tests.support.sandbox_client import Outside

CALLS = 'twinmind_api_requests_total{method="POST",endpoint="/transcribe",status="%s"}'
DONE = 'twinmind_transcriptions_total{status="success",model="ear-3",language="en"}'
FAILED = 'twinmind_transcriptions_total{status="error",model="ear-3",language="unknown"}'
ERRORS = 'twinmind_errors_total{error_type="%s",operation="transcribe"}'
LATENCY = 'twinmind_api_latency_seconds_bucket{method="POST",endpoint="/transcribe",le="%s"}'


def _restart(outside: Outside) -> None:
    """Restarts and waits until the new process is there."""
    count = outside.sandbox.world["service"]["running"]["restarts"]
    assert outside.http.post("/service/restart").status_code == 202
    deadline = time.monotonic() + 2
    while outside.sandbox.world["service"]["running"]["restarts"] == count:
        assert time.monotonic() < deadline, "the service did not restart"
        time.sleep(0.005)


def test_a_healthy_service_works_and_counts(outside: Outside) -> None:
    outside.now += 60
    metrics = outside.metrics()
    assert metrics[CALLS % "success"] == metrics[DONE] == 120
    assert metrics[LATENCY % "0.05"] == metrics[LATENCY % "+Inf"] == 120
    assert metrics["process_cpu_seconds_total"] == pytest.approx(0.3 * 60)
    assert not [name for name in metrics if "error" in name or "queue" in name]
    health = outside.http.get("/service/health")
    assert (health.status_code, health.json()["status"]) == (200, "healthy")


def test_the_rate_limit_gauge_follows_the_minute(outside: Outside) -> None:
    gauge = 'twinmind_rate_limit_remaining{endpoint="/transcribe"}'
    outside.now += 59
    assert outside.metrics()[gauge] == 300 - 118
    outside.now += 71
    assert outside.metrics()[gauge] == 300 - 22


def test_a_change_of_the_world_counts_from_its_moment_on(outside: Outside) -> None:
    outside.now += 30
    outside.http.patch("/_world", json={"twinmind": {"up": False}})
    outside.now += 30
    metrics = outside.metrics()
    assert metrics[DONE] == metrics[FAILED] == metrics[CALLS % "503"] == 60
    assert metrics[ERRORS % "TRANSCRIPTION_FAILED"] == 60


@pytest.mark.parametrize(
    ("change", "status", "error_type"),
    [
        ({"twinmind": {"keys": {"primary": {"status": "revoked"}}}}, "401", "AUTH_FAILED"),
        ({"twinmind": {"rate_limit": {"exhausted": True}}}, "429", "RATE_LIMITED"),
        ({"twinmind": {"status_code": 500}}, "500", "TRANSCRIPTION_FAILED"),
        ({"service": {"egress": False}}, "error", "unknown"),
        ({"faults": {"twinmind": {"drop": True}}}, "error", "unknown"),
    ],
)
def test_what_twinmind_refuses_shows_in_the_metrics(
    outside: Outside, change: dict[str, Any], status: str, error_type: str
) -> None:
    outside.sandbox.patch(change)
    outside.now += 10
    metrics = outside.metrics()
    assert metrics[CALLS % status] == metrics[FAILED] == metrics[ERRORS % error_type] == 20
    health = outside.http.get("/service/health/twinmind").json()
    assert health["checks"][0]["status"] == ("warn" if status == "429" else "fail")


def test_too_much_load_meets_the_limit(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"load": {"requests_per_minute": 600}}})
    outside.now += 59
    metrics = outside.metrics()
    assert metrics[DONE] == 300
    assert metrics[ERRORS % "RATE_LIMITED"] == 290
    outside.now += 60
    assert outside.metrics()[DONE] == 600


def test_a_slow_twinmind_shows_in_the_histogram_and_the_health(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"latency_ms": 6000}})
    outside.now += 10
    outside.sandbox.patch({"service": {"latency_ms": 0}})
    metrics = outside.metrics()
    assert (metrics[LATENCY % "5"], metrics[LATENCY % "10"]) == (0, 20)
    health = outside.http.get("/service/health")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")


def test_an_overloaded_service_is_slow_while_twinmind_is_fast(outside: Outside) -> None:
    load = {"cpu": 0.97, "memory": 0.9, "queue": 55}
    outside.sandbox.patch({"service": {"client_delay_ms": 7000, "load": load}})
    outside.now += 10
    metrics = outside.metrics()
    assert (metrics[LATENCY % "5"], metrics["twinmind_queue_size"]) == (0, 55)
    assert metrics["process_cpu_seconds_total"] == pytest.approx(9.7)


def test_the_service_can_fail_by_itself(outside: Outside) -> None:
    errors = {"ratio": 0.25, "type": "PARSE_FAILED", "summary_ratio": 1.0}
    outside.sandbox.patch({"service": {"errors": errors, "checks": {"database": "fail"}}})
    outside.now += 60
    metrics = outside.metrics()
    assert metrics[CALLS % "success"] == 120
    assert metrics[ERRORS % "PARSE_FAILED"] == metrics[FAILED] == 30
    assert metrics['twinmind_summary_requests_total{status="error",format="brief"}'] == 90
    health = outside.http.get("/service/health")
    assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
    assert outside.http.get("/service/health/twinmind").status_code == 200


def test_the_service_holds_its_key_until_it_is_restarted(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    outside.secret = outside.key("standby-1")
    outside.now += 10
    assert "Invalid API key" in outside.http.get("/service/health/twinmind").text
    _restart(outside)
    assert outside.http.get("/service/health/twinmind").json()["status"] == "healthy"
    assert outside.http.get("/_world").json()["service"]["running"]["key"] == "standby-1"


def test_a_restart_begins_at_zero(outside: Outside) -> None:
    outside.now += 60
    started = outside.metrics()["process_start_time_seconds"]
    _restart(outside)
    outside.now += 5
    metrics = outside.metrics()
    assert metrics["process_start_time_seconds"] == started + 60
    assert metrics[DONE] == 10


def test_a_restart_takes_its_time(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"restart_seconds": 0.15}})
    began = time.monotonic()
    _restart(outside)
    assert time.monotonic() - began >= 0.15


def test_a_service_that_is_stuck_keeps_its_old_key(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"stuck_on_old_key": True}})
    outside.secret = outside.key("standby-1")
    _restart(outside)
    assert outside.sandbox.world["service"]["running"]["key"] == "primary"


def test_a_restart_without_a_key_leaves_the_old_process(outside: Outside) -> None:
    outside.secret = None
    outside.http.post("/service/restart")
    time.sleep(0.05)
    outside.now += 10
    assert outside.metrics()[DONE] == 20


def test_a_service_without_a_key_comes_up_when_there_is_one(outside: Outside) -> None:
    outside.secret = None
    outside.http.post("/_reset")
    assert outside.http.get("/service/health").json()["checks"][0]["message"] == "no API key loaded"
    assert outside.http.get("/service/metrics").status_code == 503
    outside.secret = outside.key()
    outside.now += 1
    assert outside.http.get("/service/health").json()["status"] == "healthy"


def test_a_service_that_is_down_answers_nothing_else_and_does_no_work(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"up": False}})
    assert {outside.http.get(f"/service/{part}").status_code for part in ("health", "metrics")} == {503}
    assert outside.http.post("/service/restart").status_code == 503
    outside.now += 60
    outside.sandbox.patch({"service": {"up": True}})
    assert DONE not in outside.metrics()

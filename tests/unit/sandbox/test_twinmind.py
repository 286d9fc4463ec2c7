"""TwinMind: keys, quota, trouble, account, transcription."""

import time

import httpx
import pytest

from tests.support.sandbox_client import Outside

AUDIO = {"audio_url": "https://example.com/test.mp3"}


def test_health_is_open_without_a_key_but_refuses_a_rejected_one(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    assert outside.http.get("/twinmind/v1/health").json() == {"status": "ok"}
    refused = outside.http.get("/twinmind/v1/health", headers=outside.as_key())
    assert refused.status_code == 401
    assert refused.json() == {"message": "Invalid API key", "code": "AUTH_FAILED"}
    assert refused.headers["X-Request-Id"].startswith("req_")


def test_health_can_need_a_key(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"health_needs_key": True}})
    assert outside.http.get("/twinmind/v1/health").status_code == 401
    assert outside.http.get("/twinmind/v1/health", headers=outside.as_key()).status_code == 200


def test_the_account_is_shown_to_an_accepted_key_only(outside: Outside) -> None:
    assert set(outside.http.get("/twinmind/v1/me", headers=outside.as_key("standby-1")).json()) == {"id", "plan"}
    for header in ("Bearer stranger", f"Basic {outside.key()}", ""):
        assert outside.http.get("/twinmind/v1/me", headers={"Authorization": header}).status_code == 401
    outside.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "expired"}}}})
    expired = outside.http.get("/twinmind/v1/me", headers=outside.as_key("standby-1"))
    assert expired.json() == {"message": "Invalid API key: expired", "code": "AUTH_FAILED"}


def _remaining(answer: httpx.Response) -> int:
    return int(answer.headers["X-RateLimit-Remaining"])


def test_the_quota_counts_down_and_fills_up_after_a_minute(outside: Outside) -> None:
    outside.sandbox.patch({"service": {"load": {"requests_per_minute": 0}}, "twinmind": {"rate_limit": {"limit": 2}}})
    answers = [outside.http.get("/twinmind/v1/me", headers=outside.as_key()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [_remaining(answer) for answer in answers] == [1, 0, 0]
    assert answers[2].json()["code"] == "RATE_LIMITED"
    assert answers[2].headers["Retry-After"] == "60"
    assert int(answers[2].headers["X-RateLimit-Reset"]) == outside.now + 60
    outside.now += 60
    assert _remaining(outside.http.get("/twinmind/v1/me", headers=outside.as_key())) == 1


def test_health_shows_the_quota_without_using_it(outside: Outside) -> None:
    shown = [outside.http.head("/twinmind/v1/health", headers=outside.as_key()) for _ in range(2)]
    assert [_remaining(answer) for answer in shown] == [300, 300]


def test_our_service_uses_the_same_quota(outside: Outside) -> None:
    outside.now += 30
    assert _remaining(outside.http.get("/twinmind/v1/health", headers=outside.as_key())) == 240


def test_the_quota_can_be_fixed_exhausted_and_hidden(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"rate_limit": {"remaining": 3}}})
    assert [_remaining(outside.http.get("/twinmind/v1/me", headers=outside.as_key())) for _ in range(4)] == [3] * 4
    outside.sandbox.patch({"twinmind": {"rate_limit": {"exhausted": True}}})
    assert outside.http.get("/twinmind/v1/me", headers=outside.as_key()).status_code == 429
    assert _remaining(outside.http.get("/twinmind/v1/health", headers=outside.as_key())) == 0
    outside.sandbox.patch({"twinmind": {"rate_limit": {"exhausted": False, "headers": False}}})
    hidden = outside.http.get("/twinmind/v1/me", headers=outside.as_key())
    assert not [name for name in hidden.headers if "ratelimit" in name]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"up": False}, 503, "SERVER_ERROR"),
        ({"status_code": 500}, 500, "SERVER_ERROR"),
        ({"status_code": 404}, 404, "UNKNOWN"),
    ],
)
def test_trouble_strikes_every_call(outside: Outside, change: dict[str, object], status: int, code: str) -> None:
    outside.sandbox.patch({"twinmind": change})
    for path in ("health", "me"):
        answer = outside.http.get(f"/twinmind/v1/{path}", headers=outside.as_key())
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_latency_delays_the_answer(outside: Outside) -> None:
    outside.sandbox.patch({"twinmind": {"latency_ms": 120}})
    began = time.monotonic()
    outside.http.get("/twinmind/v1/health")
    assert time.monotonic() - began >= 0.12


@pytest.mark.parametrize(("shape", "field"), [("status", "id"), ("job", "transcript_id"), ("sync", "id")])
def test_a_transcription_answers_in_any_of_the_published_shapes(outside: Outside, shape: str, field: str) -> None:
    outside.sandbox.patch({"twinmind": {"transcribe_answer": shape}})
    started = outside.http.post("/twinmind/v1/transcribe", headers=outside.as_key(), json=AUDIO).json()
    found = outside.http.get(f"/twinmind/v1/transcripts/{started[field]}", headers=outside.as_key()).json()
    assert found["status"] == "completed"


def test_a_transcription_needs_a_key_and_audio(outside: Outside) -> None:
    assert outside.http.post("/twinmind/v1/transcribe", json=AUDIO).status_code == 401
    refused = outside.http.post("/twinmind/v1/transcribe", headers=outside.as_key(), json={"audio_url": "x.txt"})
    assert (refused.status_code, refused.json()["code"]) == (400, "UNKNOWN")

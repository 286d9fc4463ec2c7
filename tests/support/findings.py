"""Findings as each probe writes them, by name of what it met: the alphabet in which test worlds are spelt."""

from datetime import UTC, datetime
from typing import Any

from responder.clients import connectivity
from responder.domain.finding import Finding, FindingStatus

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
OK, DEGRADED, FAILED, UNKNOWN = FindingStatus.OK, FindingStatus.DEGRADED, FindingStatus.FAILED, FindingStatus.UNKNOWN
BAD = (DEGRADED, FAILED)
Form = tuple[FindingStatus, dict[str, Any]]

_ANSWERS: dict[str, Form] = {
    "ok": (OK, {"answer": "accepted", "http_status": 200, "latency_ms": 40}),
    "slow": (DEGRADED, {"answer": "accepted", "http_status": 200, "latency_ms": 6500}),
    "erring": (FAILED, {"answer": "erring", "http_status": 503, "latency_ms": 40}),
    "timeout": (FAILED, {"answer": "silent", "fault": "timeout", "latency_ms": 8000}),
    "dns": (FAILED, {"answer": "silent", "fault": "dns", "latency_ms": 5}),
    "tls": (FAILED, {"answer": "silent", "fault": "tls", "latency_ms": 5}),
    "connection": (FAILED, {"answer": "silent", "fault": "refused", "latency_ms": 5}),
    "limited": (DEGRADED, {"answer": "limited", "http_status": 429, "latency_ms": 40}),
    "odd": (UNKNOWN, {"answer": "odd", "http_status": 302, "latency_ms": 40}),
}
_REFUSED: dict[str, Form] = {
    "refused": (FAILED, {"answer": "refused", "http_status": 401, "latency_ms": 40}),
    "unsent": (FAILED, {"answer": "unsent", "fault": "unsent", "latency_ms": 0}),
    "forbidden": (FAILED, {"answer": "forbidden", "http_status": 403, "latency_ms": 40}),
}
_HEALTH: dict[str, Form] = {
    "ok": (OK, {"health": "healthy", "twinmind_check": "pass", "others_failing": 0}),
    "slow": (DEGRADED, {"health": "degraded", "twinmind_check": "warn", "others_failing": 0}),
    "limited": (DEGRADED, {"twinmind_check": "warn", "twinmind_http_status": 429}),
    "refused": (FAILED, {"twinmind_check": "fail", "twinmind_http_status": 401, "others_failing": 0}),
    "erring": (FAILED, {"twinmind_check": "fail", "twinmind_http_status": 503, "others_failing": 0}),
    "unanswered": (FAILED, {"twinmind_check": "fail", "twinmind_silent": True, "others_failing": 0}),
    "database": (FAILED, {"twinmind_check": "pass", "others_failing": 1}),
    "timeout": (FAILED, {"fault": "timeout", "latency_ms": 4000}),
}
_COUNTS = {
    "transcriptions": 20,
    "transcriptions_failed": 0,
    "error_ratio": 0.0,
    "auth_failed": 0,
    "rate_limited": 0,
    "server_errors": 0,
    "unanswered": 0,
    "summaries": 20,
    "summaries_failed": 0,
    "latency_p95_seconds": 0.1,
    "requests_per_minute": 600,
    "rate_limit_remaining": 200,
    "cpu_ratio": 0.3,
    "memory_ratio": 0.4,
    "queue_exposed": False,
    "http_status": 200,
}


def _counts(status: FindingStatus, **changed: Any) -> Form:
    return status, _COUNTS | changed


def _failing(**changed: Any) -> Form:
    return _counts(FAILED, transcriptions_failed=20, error_ratio=1.0, summaries=0, **changed)


FORMS: dict[str, dict[str, Form]] = {
    "upstream_incident": {
        "ok": (OK, {"upstream_status": "triggered", "http_status": 200, "alert_rules": [], "leak_markers": []}),
        "rate rule": (OK, {"http_status": 200, "alert_rules": ["TwinMindRateLimitExceeded"], "leak_markers": []}),
        "slow rule": (OK, {"http_status": 200, "alert_rules": ["TwinMindHighLatency"], "leak_markers": []}),
        "leak": (OK, {"http_status": 200, "alert_rules": [], "leak_markers": ["KeyLeaked"]}),
        "away": (UNKNOWN, {"fault": "timeout"}),
    },
    "twinmind_health": _ANSWERS | {"wants a key": (OK, {"answer": "refused", "http_status": 401, "latency_ms": 40})},
    "twinmind_health_with_key": _ANSWERS | _REFUSED,
    "twinmind_account": _ANSWERS | _REFUSED | {"no key": (FAILED, {"key_present": False})},
    "twinmind_standby_key": {
        "ok": (OK, {"standby": "passing", "staged": 1, "passing_index": 0}),
        "none": (DEGRADED, {"standby": "none", "staged": 0}),
        "refused": (FAILED, {"standby": "refused", "staged": 1}),
        "unusable": (DEGRADED, {"standby": "unusable", "staged": 0}),
        "unanswered": (UNKNOWN, {"staged": 1}),
    },
    "twinmind_rate_limit": {
        "ok": (OK, {"answer": "accepted", "limit": 300, "remaining": 200}),
        "low": (DEGRADED, {"answer": "accepted", "limit": 300, "remaining": 4}),
        "used up": (FAILED, {"answer": "limited", "limit": 300, "remaining": 0}),
        "no headers": (UNKNOWN, {"answer": "accepted"}),
    },
    "twinmind_status_page": {
        "ok": (OK, {"indicator": "none", "announced": "none", "http_status": 200}),
        "minor": (DEGRADED, {"indicator": "minor", "announced": "minor", "http_status": 200}),
        "critical": (FAILED, {"indicator": "critical", "announced": "critical", "http_status": 200}),
        "away": (UNKNOWN, {"fault": "timeout"}),
    },
    "service_health": _HEALTH,
    "service_twinmind_health": _HEALTH,
    "service_metrics": {
        "ok": _counts(OK),
        "idle": _counts(OK, transcriptions=0, error_ratio=None, summaries=0, requests_per_minute=0),
        "refused": _failing(auth_failed=20),
        "limited": _failing(rate_limited=20, rate_limit_remaining=0),
        "near limit": _counts(DEGRADED, rate_limit_remaining=3),
        "erring": _failing(server_errors=20),
        "unanswered": _failing(unanswered=20),
        "failing": _failing(),
        "some fail": _counts(DEGRADED, transcriptions_failed=3, error_ratio=0.15),
        "slow": _counts(DEGRADED, latency_p95_seconds=7.5),
        "slow and strained": _counts(DEGRADED, latency_p95_seconds=7.5, cpu_ratio=0.97),
        "slow, resources hidden": _counts(DEGRADED, latency_p95_seconds=7.5, cpu_ratio=None, memory_ratio=None),
        "strained": _counts(DEGRADED, memory_ratio=0.95),
        "no summaries": _counts(DEGRADED, summaries_failed=20),
    },
    "twinmind_timing": {
        "ok": (OK, {"samples": 4, "answered": 4, "slow": 0, "latency_median_ms": 60, "latency_max_ms": 90}),
        "slow": (DEGRADED, {"samples": 4, "answered": 4, "slow": 4, "latency_median_ms": 6200, "latency_max_ms": 7000}),
        "patchy": (DEGRADED, {"samples": 4, "answered": 3, "slow": 0, "latency_median_ms": 60, "latency_max_ms": 90}),
        "silent": (FAILED, {"samples": 4, "answered": 0, "slow": 4}),
        "spared": (OK, {"samples": 0, "skipped_for": "limited"}),
    },
    "twinmind_transcription": {
        "ok": (OK, {"configured": False}),
        "accepted": (OK, {"configured": True, "answer": "accepted", "accepted": True}),
        "erring": (FAILED, {"configured": True, "answer": "erring", "http_status": 503, "accepted": False}),
        "refused": (FAILED, {"configured": True, "answer": "refused", "http_status": 401, "accepted": False}),
    },
    "network": {
        "ok": (OK, {"connect_ms": 12, "control_configured": False}),
        "control answers": (OK, {"connect_ms": 12, "control_configured": True, "control_answers": True}),
        "control slow": (
            OK,
            {"connect_ms": 2400, "control_configured": True, "control_answers": True, "control_ms": 6100},
        ),
        "name": (FAILED, {"failed_step": "resolve", "fault": "dns", "control_answers": True}),
        "dropped": (FAILED, {"failed_step": "connect", "fault": "timeout", "control_answers": True}),
        "cut off": (FAILED, {"failed_step": "connect", "fault": "timeout", "control_answers": False}),
        **{
            f"certificate {problem}": (
                FAILED,
                {"failed_step": "tls", "fault": "tls", "certificate_problem": problem, "control_answers": True},
            )
            for problem in sorted(set(connectivity.PROBLEMS.values()))
        },
    },
    "service_workload": {
        "ok": (OK, {"configured": True, "desired": 3, "ready": 3, "rollout_age_seconds": 90_000}),
        "just deployed": (OK, {"configured": True, "desired": 3, "ready": 3, "rollout_age_seconds": 300}),
        "one short": (DEGRADED, {"configured": True, "desired": 3, "ready": 2}),
        "none ready": (FAILED, {"configured": True, "desired": 3, "ready": 0}),
    },
    "service_usage": {
        "ok": (OK, {"configured": False}),
        "at ease": (OK, {"configured": True, "highest_cpu_ratio": 0.3, "highest_memory_ratio": 0.4}),
        "strained": (DEGRADED, {"configured": True, "highest_cpu_ratio": 0.97, "highest_memory_ratio": 0.4}),
    },
}


def finding(probe: str, form: str, seen_from: str = "function") -> Finding:
    status, measured = FORMS[probe][form]
    stored = {name: value for name, value in measured.items() if value is not None}
    summary = f"{form.capitalize()}."
    return Finding(probe=probe, status=status, summary=summary, measurements=stored, seen_from=seen_from, at=AT)


def blind(probe: str) -> Finding:
    return Finding(probe=probe, status=UNKNOWN, summary="Could not look.", at=AT)


def world(seen_from: str = "function", /, **forms: str) -> list[Finding]:
    """Every probe well, but for `probe="form"`; the form "absent" leaves the probe out, "blind" saw nothing."""
    met = {probe: forms.get(probe, "ok") for probe in FORMS}
    seen = [finding(probe, form, seen_from) for probe, form in met.items() if form not in ("absent", "blind")]
    return seen + [blind(probe) for probe, form in met.items() if form == "blind"]

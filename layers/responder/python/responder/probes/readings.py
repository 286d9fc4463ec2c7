"""What two scrapes of our service show: shares, rates, percentiles, resources, and a sentence. Pure."""

from collections.abc import Iterator
from typing import Any

from responder.clients.prometheus import Change
from responder.config.runbook import Runbook
from responder.domain.finding import FindingStatus

Measured = dict[str, Any]
_COUNTED = ("_total", "_bucket", "_sum", "_count")


def calls(change: Change) -> float:
    return change.increase("twinmind_transcriptions_total")


def measured(runbook: Runbook, change: Change) -> Measured:
    """Measures, for these counts of one stretch:

    `window_seconds`, `counter_reset`, `requests_per_minute`; `transcriptions`, `transcriptions_failed`, `error_ratio`;
    errors by type `auth_failed`, `rate_limited`, `server_errors`, `unanswered`; `summaries`, `summaries_failed`;
    `latency_p95_seconds`, `transcription_p95_seconds`; `rate_limit_remaining`; `cpu_ratio`, `memory_ratio`,
    `queue_exposed`, `queue_depth`. What is unknown (no traffic: no ratio) is absent.
    """
    total, failed = calls(change), change.increase("twinmind_transcriptions_total", status="error")
    summaries = change.increase("twinmind_summary_requests_total")
    found = {
        "window_seconds": round(change.seconds, 1),
        "counter_reset": change.was_reset or None,
        "transcriptions": round(total),
        "transcriptions_failed": round(failed),
        "error_ratio": round(failed / total, 3) if total else None,
        "requests_per_minute": _per_minute(change),
        **_errors(change),
        "summaries": round(summaries),
        "summaries_failed": round(change.increase("twinmind_summary_requests_total", status="error")),
        "latency_p95_seconds": _rounded(change.quantile("twinmind_api_latency_seconds", 0.95)),
        "transcription_p95_seconds": _rounded(change.quantile("twinmind_transcription_duration_seconds", 0.95)),
        **_gauges(change),
        **_resources(runbook, change),
    }
    return {name: value for name, value in found.items() if value is not None}


def _errors(change: Change) -> dict[str, int]:
    """A failed call can be counted as an error, a request, or both: the larger number counts."""
    requests, errors = "twinmind_api_requests_total", "twinmind_errors_total"
    by_status = {str(labels.get("status")): 0.0 for labels, _ in change.increases(requests)}
    for labels, amount in change.increases(requests):
        by_status[str(labels.get("status"))] += amount
    server = sum(amount for status, amount in by_status.items() if status.isdecimal() and int(status) >= 500)
    named = sum(change.increase(errors, error_type=kind) for kind in ("TRANSCRIPTION_FAILED", "SERVER_ERROR"))
    return {
        "auth_failed": round(max(change.increase(errors, error_type="AUTH_FAILED"), by_status.get("401", 0.0))),
        "rate_limited": round(max(change.increase(errors, error_type="RATE_LIMITED"), by_status.get("429", 0.0))),
        "server_errors": round(max(named, server)),
        "unanswered": round(by_status.get("error", 0.0)),
    }


def _gauges(change: Change) -> Measured:
    remaining = [value for _, value in change.last.named("twinmind_rate_limit_remaining")]
    queue = change.last.total(lambda name: "queue" in name and not name.endswith(_COUNTED))
    return {
        "rate_limit_remaining": round(min(remaining)) if remaining else None,
        "queue_exposed": queue is not None,
        "queue_depth": None if queue is None else round(queue),
    }


def _resources(runbook: Runbook, change: Change) -> Measured:
    service = runbook.endpoints.service
    memory = change.last.total(lambda name: name == "process_resident_memory_bytes")
    exposed = change.last.total(lambda name: name == "process_cpu_seconds_total") is not None
    usable = exposed and change.seconds > 0 and not change.was_reset
    cpu = change.increase("process_cpu_seconds_total") / change.seconds / service.cpu_cores if usable else None
    return {
        "cpu_ratio": _rounded(cpu),
        "memory_ratio": _rounded(None if memory is None else memory / (service.memory_mib * 1024 * 1024)),
    }


def _per_minute(change: Change) -> int | None:
    amount = change.increase("twinmind_api_requests_total")
    return round(amount * 60 / change.seconds) if change.seconds > 0 else None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def judged(runbook: Runbook, found: Measured) -> tuple[FindingStatus, str]:
    """Failed: more than the major share of transcriptions fails. Degraded: another threshold is crossed."""
    troubles = list(_troubles(runbook, found))
    ratio = found.get("error_ratio")
    if ratio is not None and ratio >= runbook.thresholds.error_ratio_major:
        status = FindingStatus.FAILED
    else:
        status = FindingStatus.DEGRADED if troubles else FindingStatus.OK
    queue = "" if found["queue_exposed"] else " It exposes no queue."
    return status, f"{_transcriptions(found)}{'; ' if troubles else ''}{', '.join(troubles)}.{queue}"


def _transcriptions(found: Measured) -> str:
    total, window = found["transcriptions"], found["window_seconds"]
    if not total:
        return f"No transcription ended in the {window} s that were watched"
    rate = found.get("requests_per_minute")
    volume = "" if rate is None else f", at {rate} API requests a minute"
    return f"{found['transcriptions_failed']} of {total} transcriptions failed within {window} s{volume}"


def _troubles(runbook: Runbook, found: Measured) -> Iterator[str]:
    limits = runbook.thresholds
    if found.get("error_ratio", 0) >= limits.error_ratio_minor:
        yield f"that is {found['error_ratio']:.0%}"
    for name, words in _COUNTS.items():
        if found[name]:
            yield f"{found[name]} {words}"
    if found.get("latency_p95_seconds", 0) > limits.latency_p95_seconds:
        yield f"95 % of API calls take up to {found['latency_p95_seconds']} s"
    if found.get("rate_limit_remaining", limits.rate_limit_remaining_low) < limits.rate_limit_remaining_low:
        yield f"{found['rate_limit_remaining']} requests of the rate limit left"
    yield from _strains(runbook, found)


_COUNTS = {
    "auth_failed": "refused for their key (401)",
    "rate_limited": "refused for the rate limit (429)",
    "server_errors": "met a server error",
    "unanswered": "got no answer",
    "summaries_failed": "summaries failed",
}


def _strains(runbook: Runbook, found: Measured) -> Iterator[str]:
    limits = runbook.thresholds
    if found.get("cpu_ratio", 0) >= limits.cpu_ratio_high:
        yield f"CPU at {found['cpu_ratio']:.0%}"
    if found.get("memory_ratio", 0) >= limits.memory_ratio_high:
        yield f"memory at {found['memory_ratio']:.0%}"
    if found.get("queue_depth", 0) >= limits.queue_depth_high:
        yield f"{found['queue_depth']} requests wait in the queue"

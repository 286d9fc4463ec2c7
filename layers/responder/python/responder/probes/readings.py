"""Reads two scrapes of our service: shares, rates, percentiles, resources, and a sentence. Pure."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from responder.clients.scrapes import Quantile, ScrapeDelta
from responder.config.metrics import MetricNames
from responder.config.runbook import Runbook
from responder.domain.clock import iso
from responder.domain.finding import FindingStatus
from responder.probes.error_kinds import kind_of

Measurements = dict[str, Any]
# Of the user's input (docs/twinmind.md#error-codes).
USER_STATUSES = ("400", "413", "415", "422")
_ONLY_ADDED_UP = ("api_requests", "named_user_errors")


def calls(runbook: Runbook, change: ScrapeDelta) -> float:
    return change.increase(_names(runbook).transcriptions)


def was_reset(names: MetricNames, change: ScrapeDelta) -> bool:
    counters = {*names.counters, *(f"{name}{end}" for name in names.histograms for end in ("_bucket", "_count"))}
    return not change.is_same_process or change.fell(frozenset(counters))


def measure(
    runbook: Runbook, change: ScrapeDelta, present: ScrapeDelta | None = None, counts: Measurements | None = None
) -> Measurements:
    """What this stretch shows, or `counts` of a longer one. What is unknown (no traffic: no ratio) is absent."""
    names = _names(runbook)
    found = {
        "counter_reset": was_reset(names, change) or None,
        **_shares(runbook, counts or count(runbook, change)),
        **_p95("latency_p95", change.quantile(names.api_latency, 0.95)),
        **_p95("transcription_p95", change.quantile(names.transcription_duration, 0.95)),
        **_gauges(names, present or change),
        **_resources(runbook, present or change),
    }
    return {name: value for name, value in found.items() if value is not None}


def count(runbook: Runbook, change: ScrapeDelta) -> Measurements:
    """The counts that can be added up over several stretches."""
    names = _names(runbook)
    return {
        "window_seconds": round(change.seconds, 1),
        "api_requests": change.increase(names.api_requests),
        "transcriptions": round(calls(runbook, change)),
        "transcriptions_failed": round(change.increase(names.transcriptions, status="error")),
        **_errors(names, change),
        "summaries": round(change.increase(names.summaries)),
        "summaries_failed": round(change.increase(names.summaries, status="error")),
    }


def _shares(runbook: Runbook, counts: Measurements) -> Measurements:
    total, seconds = counts["transcriptions"], counts["window_seconds"]
    by_users, named = counts["user_errors"], counts["named_user_errors"]
    failed = round(without_users(runbook, total, counts["transcriptions_failed"], by_users, named))
    return {name: value for name, value in counts.items() if name not in _ONLY_ADDED_UP} | {
        "window_seconds": round(seconds, 1),
        "transcriptions_failed": failed,
        "error_ratio": round(failed / total, 3) if total else None,
        "requests_per_minute": round(counts["api_requests"] * 60 / seconds) if seconds > 0 else None,
    }


def _names(runbook: Runbook) -> MetricNames:
    return runbook.endpoints.service.metrics.names


def _errors(names: MetricNames, change: ScrapeDelta) -> dict[str, int]:
    """A failed call can be counted as an error, a request, or both: the larger number counts."""
    by_status = _by_label(change, names.api_requests, "status")
    by_kind: Counter[str] = Counter()
    for name, amount in _by_label(change, names.errors, "error_type").items():
        by_kind[kind_of(name)] += amount
    server = sum(amount for status, amount in by_status.items() if status.isdecimal() and int(status) >= 500)
    input_, named = sum(by_status[one] for one in USER_STATUSES), by_kind["user_errors"]
    return {
        "auth_failed": round(max(by_kind["auth_failed"], by_status["401"])),
        "rate_limited": round(max(by_kind["rate_limited"], by_status["429"])),
        "server_errors": round(max(by_kind["server_errors"], server)),
        "unanswered": round(max(by_kind["unanswered"], by_status["error"])),
        "user_errors": round(max(named, input_)),
        "named_user_errors": round(named),
    }


def _by_label(change: ScrapeDelta, name: str, label: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for labels, amount in change.increases(name):
        found[str(labels.get(label))] += amount  # type: ignore[assignment]
    return found


def without_users(runbook: Runbook, total: float, failed: float, by_users: float, named: float = 0) -> float:
    """Failures without users' bad input. But if most calls are refused as bad input, the mistake is probably ours, and
    all count. If only the status says so, without an error type (`named`), a share that would alert is enough.
    """
    limits = runbook.thresholds
    if by_users >= total * (limits.error_ratio_major if named >= by_users else limits.error_ratio_minor):
        return failed
    return max(failed - by_users, 0.0)


def since(start: datetime, total: float, failed: float) -> Measurements:
    return {
        "since": iso(start),
        "since_transcriptions": round(total),
        "since_transcriptions_failed": round(failed),
    }


def _gauges(names: MetricNames, change: ScrapeDelta) -> Measurements:
    queue = change.last.total(names.queue) if names.queue else None
    remaining = _remaining(names, change)
    return {
        "rate_limit_remaining": None if remaining is None else round(remaining),
        "queue_exposed": queue is not None,
        "queue_depth": None if queue is None else round(queue),
    }


def _remaining(names: MetricNames, change: ScrapeDelta) -> float | None:
    """The lowest fresh gauge: it changed, or its endpoint was called. A gauge that nothing sets keeps its last value
    for ever.
    """
    called = [labels.get("endpoint") for labels, amount in change.increases(names.api_requests) if amount]
    fresh = [
        value
        for labels, value in change.last.named(names.rate_limit_remaining)
        if labels.get("endpoint") in called or change.first.value(names.rate_limit_remaining, labels) != value
    ]
    return min(fresh, default=None)


def _resources(runbook: Runbook, change: ScrapeDelta) -> Measurements:
    service, names = runbook.endpoints.service, _names(runbook)
    memory = change.last.total(names.memory_bytes)
    exposed = change.last.total(names.cpu_seconds) is not None
    usable = exposed and change.seconds > 0 and not was_reset(names, change)
    cpu = change.increase(names.cpu_seconds) / change.seconds / service.cpu_cores if usable else None
    ratios = {"cpu_ratio": cpu, "memory_ratio": memory and memory / (service.memory_mib * 1024 * 1024)}
    return {name: round(value, 2) for name, value in ratios.items() if value is not None}


def _p95(name: str, found: Quantile | None) -> Measurements:
    if found is None:
        return {}
    return {f"{name}_seconds": round(found.value, 2), f"{name}_is_above": found.is_above or None}


def judge(runbook: Runbook, found: Measurements) -> tuple[FindingStatus, str]:
    """Failed: more than the major share of transcriptions fails. Degraded: another threshold is crossed."""
    troubles = list(_troubles(runbook, found))
    ratio = found.get("error_ratio")
    if ratio is not None and ratio >= runbook.thresholds.error_ratio_major:
        status = FindingStatus.FAILED
    else:
        status = FindingStatus.DEGRADED if troubles else FindingStatus.OK
    queue = "" if found["queue_exposed"] else " It exposes no queue."
    return status, f"{_transcriptions(found)}{'; ' if troubles else ''}{', '.join(troubles)}.{queue}"


def _transcriptions(found: Measurements) -> str:
    total, window = found["transcriptions"], found["window_seconds"]
    if not total:
        return f"No transcription ended in the {window} s that were watched"
    rate, by_users = found.get("requests_per_minute"), found["user_errors"]
    volume = "" if rate is None else f", at {rate} API requests a minute"
    users = f"; {by_users} were refused for the user's input" if by_users else ""
    return f"{found['transcriptions_failed']} of {total} transcriptions failed within {window} s{volume}{users}"


def _troubles(runbook: Runbook, found: Measurements) -> Iterator[str]:
    limits = runbook.thresholds
    if found.get("error_ratio", 0) >= limits.error_ratio_minor:
        yield f"that is {found['error_ratio']:.0%}"
    for name, words in _COUNTS.items():
        if found.get(name):
            yield f"{found[name]} {words}"
    p95, is_above = found.get("latency_p95_seconds", 0), found.get("latency_p95_is_above", False)
    if p95 > limits.latency_p95_seconds or (is_above and p95 >= limits.latency_p95_seconds):
        yield f"{'more than 5 % of API calls take over' if is_above else '95 % of API calls take up to'} {p95} s"
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


def _strains(runbook: Runbook, found: Measurements) -> Iterator[str]:
    limits = runbook.thresholds
    if found.get("cpu_ratio", 0) >= limits.cpu_ratio_high:
        yield f"CPU at {found['cpu_ratio']:.0%}"
    if found.get("memory_ratio", 0) >= limits.memory_ratio_high:
        yield f"memory at {found['memory_ratio']:.0%}"
    if found.get("queue_depth", 0) >= limits.queue_depth_high:
        yield f"{found['queue_depth']} requests wait in the queue"

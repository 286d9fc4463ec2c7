"""Whether what was done helped: the measurements that matter, before and after. Pure (S-48, S-63, S-78)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from responder.incident import Settled, names
from responder.words import Finding

Change = Literal["better", "unchanged", "worse"]

# Outcomes after which the world should look different.
_DONE = frozenset({"applied", "verified", "not_verified", "promoted", "restarted", "proven", "restored"})
# Measurement of service_metrics, its name for people, from which difference on it counts, and how it is written.
_MEASURES = (
    ("error_ratio", "error ratio", 0.02, "{:.0%}"),
    ("rate_limited", "calls refused for the rate limit (429)", 1, "{:.0f}"),
    ("auth_failed", "calls refused for the key (401)", 1, "{:.0f}"),
    ("latency_p95_seconds", "P95 of API calls", 0.25, "{:.1f} s"),
    ("cpu_ratio", "CPU", 0.05, "{:.0%}"),
    ("queue_depth", "queue", 1, "{:.0f}"),
)
_PROBE = "service_metrics"
_SHARE = 0.3
# What is counted within a stretch is compared as a rate: two looks are never of the same length.
_COUNTS = ("rate_limited", "auth_failed")


@dataclass(frozen=True)
class Effect:
    change: Change
    done: tuple[str, ...]
    text: str


def effect_of(actions: Sequence[Settled], before: Sequence[Finding], after: Sequence[Finding]) -> Effect | None:
    """What changed since the diagnosis (`before`), once something was done after it; None where nothing can be said.

    The first figure that changed decides, in the order of _MEASURES: what users feel comes before what strains us.
    """
    earlier, later = _metrics(before), _metrics(after)
    if earlier is None or later is None:
        return None
    done = _done_between(actions, earlier.at, later.at)
    pairs = _pairs(earlier, later)
    if not done or not pairs:
        return None
    changes: list[Change] = [_changed(was, now, least) for _, was, now, least, _ in pairs]
    change: Change = next((one for one in changes if one != "unchanged"), "unchanged")
    figures = "; ".join(
        f"{label}: before {form.format(was)}, after {form.format(now)}" for label, was, now, _, form in pairs
    )
    said = {"better": "It helps", "unchanged": "No effect yet", "worse": "It got worse"}[change]
    return Effect(change, done, f"{said} ({names(done)}). {figures[0].upper()}{figures[1:]}.")


def _done_between(actions: Sequence[Settled], since: datetime, until: datetime) -> tuple[str, ...]:
    """Names of the actions that were done after one look and before the other, in their order."""
    ordered = sorted(actions, key=lambda action: action.at)
    return tuple(dict.fromkeys(one.name for one in ordered if one.outcome in _DONE and since < one.at < until))


def _metrics(findings: Sequence[Finding]) -> Finding | None:
    return next((finding for finding in findings if finding.probe == _PROBE), None)


def _pairs(before: Finding, after: Finding) -> list[tuple[str, float, float, float, str]]:
    """(name, before, after, least difference, form) of what both looks measured, unless it was 0 both times."""
    found = []
    for key, label, least, form in _MEASURES:
        was, now = _value(before, key), _value(after, key)
        if was is not None and now is not None and (was or now):
            rate = key in _COUNTS
            found.append((f"{label} a minute" if rate else label, was, now, least, form))
    return found


def _value(finding: Finding, key: str) -> float | None:
    value, seconds = finding.measurements.get(key), finding.measurements.get("window_seconds")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if key not in _COUNTS:
        return float(value)
    return value * 60 / seconds if isinstance(seconds, int | float) and seconds > 0 else None


def _changed(was: float, now: float, least: float) -> Change:
    """A figure moves by itself: only a difference of `least`, and of a good part of what it was, counts."""
    if abs(now - was) < least:
        return "unchanged"
    if now <= was * (1 - _SHARE):
        return "better"
    return "worse" if now >= was * (1 + _SHARE) else "unchanged"

"""Whether an action helped: compares measurements before and after it (S-48, S-63, S-78). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from responder.diagnosis.measured import Measured
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import ActionRecord, names

Change = Literal["better", "unchanged", "worse"]

# The outcomes after which something should change. A change that has no effect yet has another outcome.
_DONE = frozenset({"applied", "verified", "promoted", "restarted", "proven", "restored"})
# For each measurement of service_metrics: its name for people, the least difference that counts, and its format.
_MEASURES = (
    ("error_ratio", "error ratio", 0.05, "{:.0%}"),
    ("rate_limited", "calls refused for the rate limit (429)", 1, "{:.0f}"),
    ("auth_failed", "calls refused for the key (401)", 1, "{:.0f}"),
    ("latency_p95_seconds", "P95 of API calls", 0.25, "{:.1f} s"),
    ("cpu_ratio", "CPU", 0.05, "{:.0%}"),
    ("queue_depth", "queue", 1, "{:.0f}"),
)
_PROBE = "service_metrics"
_SHARE = 0.3
# These counts are compared as shares of all calls. A share does not fall just because there are fewer calls.
_COUNTS = ("rate_limited", "auth_failed")
_LEAST_SHARE = 0.02


class _Pair(NamedTuple):
    """A figure before and after. `least`: the least difference that counts. `decides`: it may decide the result.

    `is_share`: it is a share, so it counts as worse without a rise by a third, which is impossible near 100 %.
    """

    label: str
    was: float
    now: float
    least: float
    form: str
    is_share: bool = False
    decides: bool = True


@dataclass(frozen=True)
class Effect:
    change: Change
    done: tuple[str, ...]
    text: str


def has_acted(actions: Sequence[ActionRecord]) -> bool:
    """Whether one of our actions was done that should change what the probes see."""
    return any(action.outcome in _DONE for action in actions)


def effect_of(actions: Sequence[ActionRecord], before: Sequence[Finding], after: Sequence[Finding]) -> Effect | None:
    """What an action changed, from the diagnosis's findings (`before`) to these (`after`); None if unknown.

    The first figure in the order of _MEASURES that changed decides: what users notice comes before load.
    """
    earlier, later = Measured(before), Measured(after)
    if _PROBE not in earlier.findings or _PROBE not in later.findings:
        return None
    done = _done_between(actions, earlier.findings[_PROBE].at, later.findings[_PROBE].at)
    pairs = _pairs(earlier, later)
    if not done or not pairs:
        return None
    change: Change = next((one for one in map(_changed, pairs) if one != "unchanged"), "unchanged")
    # If no figure was bad before (as with a leaked key that works), no figure can show that an action helped.
    if earlier.status(_PROBE) is FindingStatus.OK and (change != "worse" or later.status(_PROBE) is FindingStatus.OK):
        return None
    shown = [(pair.label, pair.form.format(pair.was), pair.form.format(pair.now)) for pair in pairs]
    # Figures that read the same before and after are left out, unless all do.
    moved = [one for one in shown if one[1] != one[2]] or shown
    figures = "; ".join(f"{label}: before {was}, after {now}" for label, was, now in moved)
    said = {"better": "It helps", "unchanged": "No effect yet", "worse": "It got worse"}[change]
    return Effect(change, done, f"{said} ({names(done)}). {figures[0].upper()}{figures[1:]}.")


def _done_between(actions: Sequence[ActionRecord], since: datetime, until: datetime) -> tuple[str, ...]:
    """The names of the actions that were done between the two probe runs, in order."""
    ordered = sorted(actions, key=lambda action: action.at)
    return tuple(dict.fromkeys(one.name for one in ordered if one.outcome in _DONE and since < one.at < until))


def _pairs(before: Measured, after: Measured) -> list[_Pair]:
    """The figures that both probe runs have, without those that are 0 in both."""
    found: list[_Pair] = []
    for key, label, least, form in _MEASURES:
        was, now = before.number(_PROBE, key), after.number(_PROBE, key)
        if was is None or now is None or not (was or now):
            continue
        if key in _COUNTS:
            # With fewer calls, fewer are refused a minute. So a count does not decide if there is an error ratio.
            found += _counted(before, after, key, label, decides=not any(pair.is_share for pair in found))
        else:
            found.append(_Pair(label, was, now, least, form, is_share=key == "error_ratio"))
    return found


def _counted(before: Measured, after: Measured, key: str, label: str, *, decides: bool) -> list[_Pair]:
    """The count as a share of the calls. If calls were not counted, per minute, as probe runs differ in length."""
    was, now = _per_minute(before, key), _per_minute(after, key)
    if was is None or now is None:
        return []
    calls, later = (each.number(_PROBE, "requests_per_minute") for each in (before, after))
    if not calls or not later:
        return [_Pair(f"{label} a minute", was, now, 1, "{:.0f}", decides=decides)]
    return [_Pair(f"{label}, of all", min(1.0, was / calls), min(1.0, now / later), _LEAST_SHARE, "{:.0%}", True)]


def _per_minute(run: Measured, key: str) -> float | None:
    value, seconds = run.number(_PROBE, key), run.number(_PROBE, "window_seconds")
    return value * 60 / seconds if value is not None and seconds else None


def _changed(pair: _Pair) -> Change:
    """Figures vary by chance, so the difference must be `least` or more, and a large part of the old value."""
    if not pair.decides or abs(pair.now - pair.was) < pair.least:
        return "unchanged"
    if pair.now <= pair.was * (1 - _SHARE):
        return "better"
    is_rise = pair.now > pair.was if pair.is_share else pair.now >= pair.was * (1 + _SHARE)
    return "worse" if is_rise else "unchanged"

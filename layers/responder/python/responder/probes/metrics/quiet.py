"""Which earlier counts of a quiet service still count: those that differ from the newest only by chance. Pure.

A few seconds of a quiet service show a call or none. So the counts of earlier probe runs are added, newest first, until
there are enough, or until they differ from the newer ones by more than chance: then the trouble is new, or over.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import exp, lgamma

from responder.probes.readings import Measurements

# So many calls are judged without earlier ones.
ENOUGH = 30
# Two stretches differ if, with the older one's share of failures, the newer one would be less likely than this.
CHANCE = 0.05
MOST_STRETCHES = 12
_AT = "at"


def add_up(newest: Measurements, before: Sequence[Measurements]) -> list[Measurements]:
    """The stretches that count now, newest first: `newest`, and earlier ones up to the first that differs."""
    used, total = [newest], newest
    for place, older in enumerate(before):
        if total["transcriptions"] >= ENOUGH or _differ(total, total_of(before[place:])):
            break
        used.append(older)
        total = total_of(used)
    return used


def total_of(stretches: Sequence[Measurements]) -> Measurements:
    names = sorted({name for one in stretches for name in one} - {_AT})
    return {name: sum(one.get(name, 0) for one in stretches) for name in names}


def rest_of(whole: Measurements, part: Measurements) -> Measurements:
    return {name: max(0, value - part[name]) for name, value in whole.items()}


def _differ(newer: Measurements, older: Measurements) -> bool:
    """Compares by the chance of each number of failures among the newer calls, given the older ones (beta-binomial)."""
    calls, failed = round(newer["transcriptions"]), round(newer["transcriptions_failed"])
    chances = list(_chances(calls, round(older["transcriptions"]), round(older["transcriptions_failed"])))
    return min(sum(chances[: failed + 1]), sum(chances[failed:])) < CHANCE


def _chances(calls: int, seen: int, failed: int) -> Iterator[float]:
    """For 0 to `calls` failures, if `failed` of `seen` calls failed before. At first, every share is equally likely."""
    bad, good = 1 + failed, 1 + max(0, seen - failed)
    for count in range(calls + 1):
        ways = lgamma(calls + 1) - lgamma(count + 1) - lgamma(calls - count + 1)
        yield exp(ways + _beta(bad + count, good + calls - count) - _beta(bad, good))


def _beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def keep(stretches: Sequence[Measurements], at: float) -> dict[str, float]:
    """The stretches for the next run, as flat JSON. A stretch without a call is added to the one before it."""
    kept = [{_AT: at} | one for one in stretches]
    if len(kept) > 1 and not kept[0]["transcriptions"]:
        kept[:2] = [total_of(kept[:2]) | {_AT: at}]
    while len(kept) > MOST_STRETCHES:
        kept[1:3] = [total_of(kept[1:3]) | {_AT: kept[1][_AT]}]
    return {
        f"look {place} {name}": value
        for place, one in enumerate(kept)
        if one["transcriptions"]
        for name, value in one.items()
        if value
    }


def restore(kept: Mapping[str, float], since: float) -> list[Measurements]:
    """The kept stretches that began after `since` (Unix seconds), newest first."""
    found: dict[int, Measurements] = {}
    for key, value in kept.items():
        word, _, rest = key.partition(" ")
        if word == "look":
            place, _, name = rest.partition(" ")
            found.setdefault(int(place), {"transcriptions": 0, "transcriptions_failed": 0})[name] = value
    ordered = [found[place] for place in sorted(found)]
    return [one for one in ordered if one[_AT] - one.get("window_seconds", 0) >= since]

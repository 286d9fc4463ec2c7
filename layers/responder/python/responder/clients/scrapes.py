"""Compares two scrapes of one process: increases, rates, percentiles (docs/metrics.md). Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Scrape:
    """Samples by name and sorted labels; `at` in seconds of one clock.

    `present`: the metrics that the page declares or has. `starts`: when the processes behind the page started, in Unix
    seconds. `faults`: what of our metrics could not be read, for people.
    """

    samples: Mapping[tuple[str, Labels], float]
    at: float
    present: frozenset[str] = frozenset()
    starts: tuple[float, ...] = ()
    faults: tuple[str, ...] = ()

    def named(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        for (found, labels), value in self.samples.items():
            if found == name:
                yield dict(labels), value

    def value(self, name: str, labels: Mapping[str, str]) -> float | None:
        return self.samples.get((name, tuple(sorted(labels.items()))))

    def total(self, name: str) -> float | None:
        """Sum over all series; None if there is none."""
        found = [value for _, value in self.named(name)]
        return sum(found) if found else None

    @property
    def process(self) -> float | None:
        """When the youngest process started: distinguishes restarts and other pods."""
        return max(self.starts, default=None)


class Quantile(NamedTuple):
    """`is_above`: the value is the last finite bound, and the quantile is somewhere above it."""

    value: float
    is_above: bool = False


@dataclass(frozen=True)
class ScrapeDelta:
    """The difference between two scrapes of one process."""

    first: Scrape
    last: Scrape

    @property
    def seconds(self) -> float:
        return self.last.at - self.first.at

    @property
    def is_same_process(self) -> bool:
        return self.first.starts == self.last.starts

    def fell(self, counters: frozenset[str]) -> bool:
        """Whether a counter of these names is lower than it was, so that it began anew or is another process's."""
        return any(
            name in counters and value < self.first.samples.get((name, labels), 0)
            for (name, labels), value in self.last.samples.items()
        )

    def increases(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Per series; one that fell, or one of a new process, started again at 0."""
        earlier = self.first.samples if self.is_same_process else {}
        for (found, labels), value in self.last.samples.items():
            if found == name:
                before = earlier.get((found, labels), 0.0)
                yield dict(labels), value - before if value >= before else value

    def increase(self, name: str, **wanted: str) -> float:
        return sum(
            amount
            for labels, amount in self.increases(name)
            if all(labels.get(label) == value for label, value in wanted.items())
        )

    def quantile(self, name: str, share: float) -> Quantile | None:
        """From the buckets of all label sets. None without data."""
        buckets: dict[float, float] = {}
        for labels, amount in self.increases(f"{name}_bucket"):
            edge = _edge(labels.get("le", ""))
            if edge is not None:
                buckets[edge] = buckets.get(edge, 0.0) + amount
        return _quantile(sorted(buckets.items()), share)


def _edge(text: str) -> float | None:
    try:
        edge = float(text)
    except ValueError:
        return None
    return None if math.isnan(edge) else edge


def _quantile(buckets: list[tuple[float, float]], share: float) -> Quantile | None:
    if not buckets or buckets[-1][1] <= 0 or buckets[0][0] == math.inf:
        return None
    rank = share * buckets[-1][1]
    low, below = 0.0, 0.0
    for edge, count in buckets:
        if count >= rank and edge < math.inf:
            return Quantile(low + (edge - low) * (rank - below) / max(count - below, 1e-9))
        low, below = (low if edge == math.inf else edge), count
    return Quantile(low, is_above=True)

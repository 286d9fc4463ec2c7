"""Compares two scrapes of one process: increases, rates, percentiles (docs/metrics.md). Pure."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Scrape:
    """One reading of a metrics page. `samples`: by name and sorted labels. `at`: in seconds of one clock.

    `present`: the metrics that the page declares or has. `starts`: when the processes behind the page started, in Unix
    seconds. `faults`: clauses for people on metrics that could not be read.
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
        """The sum of all series; None if there is none."""
        found = [value for _, value in self.named(name)]
        return sum(found) if found else None

    @property
    def process(self) -> float | None:
        """When the youngest process started. This shows a restart, or an answer from another pod."""
        return max(self.starts, default=None)


class Quantile(NamedTuple):
    """`is_above`: the quantile is above `value`, the last finite bound of the buckets."""

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
        """Whether one of these counters is lower than before: it was reset, or it is another process's."""
        return any(
            name in counters and value < self.first.samples.get((name, labels), 0)
            for (name, labels), value in self.last.samples.items()
        )

    def increases(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """The increase of each series. A series that fell, or of a new process, started at 0."""
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
        """The quantile over the buckets of all label sets; None without data. `share`: such as 0.95."""
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

"""Parses Prometheus text and compares two scrapes (docs/twinmind.md#metrics). Pure."""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Labels = tuple[tuple[str, str], ...]
_SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
# Far above real values; sums of values below it stay finite.
LARGEST = 1e100
_START = ("process_start_time_seconds", ())


@dataclass(frozen=True)
class Scrape:
    """Samples by name and labels; `at` in seconds of a monotonic clock."""

    samples: Mapping[tuple[str, Labels], float]
    at: float

    def named(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        for (found, labels), value in self.samples.items():
            if found == name:
                yield dict(labels), value

    def total(self, matches: Callable[[str], bool]) -> float | None:
        """Sum over all series whose name matches; None if there is none."""
        found = [value for (name, _), value in self.samples.items() if matches(name)]
        return sum(found) if found else None

    @property
    def process(self) -> float | None:
        """When the process started: distinguishes restarts and other pods."""
        return self.samples.get(_START)


def parse(text: str, at: float) -> Scrape:
    """Skips lines that are not samples, and values that are not finite numbers."""
    samples: dict[tuple[str, Labels], float] = {}
    for line in text.splitlines():
        match = _SAMPLE.fullmatch(line.strip())
        value = _number(match[3]) if match else None
        if match and value is not None:
            samples[match[1], tuple(_LABEL.findall(match[2] or ""))] = value
    return Scrape(samples, at)


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < LARGEST else None


@dataclass(frozen=True)
class Change:
    """The difference between two scrapes of one process."""

    first: Scrape
    last: Scrape

    @property
    def seconds(self) -> float:
        return self.last.at - self.first.at

    @property
    def was_reset(self) -> bool:
        return self.first.process != self.last.process or any(
            name.endswith(("_total", "_bucket", "_count")) and value < self.first.samples.get((name, labels), 0)
            for (name, labels), value in self.last.samples.items()
        )

    def increases(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Per series; one that fell, or one of a new process, started again at 0."""
        earlier = self.first.samples if self.first.process == self.last.process else {}
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

    def quantile(self, name: str, share: float) -> float | None:
        """From the buckets of all label sets; at most the last finite bound. None without data."""
        buckets: dict[float, float] = {}
        for labels, amount in self.increases(f"{name}_bucket"):
            edge = _edge(labels.get("le", ""))
            if edge is not None:
                buckets[edge] = buckets.get(edge, 0.0) + amount
        return _quantile(sorted(buckets.items()), share)


def _edge(text: str) -> float | None:
    return math.inf if text in ("+Inf", "inf", "Inf") else _number(text)


def _quantile(buckets: list[tuple[float, float]], share: float) -> float | None:
    if not buckets or buckets[-1][1] <= 0 or buckets[0][0] == math.inf:
        return None
    rank = share * buckets[-1][1]
    low, below = 0.0, 0.0
    for edge, count in buckets:
        if count >= rank:
            return low if edge == math.inf else low + (edge - low) * (rank - below) / max(count - below, 1e-9)
        low, below = edge, count
    return low

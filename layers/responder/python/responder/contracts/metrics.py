"""Where the figures of our service come from: a scrape of its page, Prometheus, or CloudWatch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from responder.contracts.probe import ProbeContext


@dataclass(frozen=True)
class Figures:
    """`measured`: the names of `probes.readings.measure`, or those that this source knows. `notes`: sentences.

    `baseline`: what the next run compares with, if this source needs it.
    """

    measured: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    baseline: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class NoFigures:
    """`summary`: a sentence that says why there are none."""

    summary: str
    measured: Mapping[str, Any] = field(default_factory=dict)


class MetricsSource(Protocol):
    async def __call__(self, ctx: ProbeContext) -> Figures | NoFigures:
        """Reads only, within the probe's time limit. What the source may answer never raises."""

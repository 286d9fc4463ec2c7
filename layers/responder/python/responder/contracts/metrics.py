"""The contract of a metrics source: our service's metrics page, Prometheus, or CloudWatch."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from responder.contracts.probe import ProbeContext


@dataclass(frozen=True)
class Figures:
    """What a source measured. `measured`: names as in `probes.readings.measure`. `notes`: sentences for people.

    `baseline`: values that the next probe run compares with, if the source needs any.
    """

    measured: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    baseline: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class NoFigures:
    """A source has no figures. `summary`: a sentence that says why."""

    summary: str
    measured: Mapping[str, Any] = field(default_factory=dict)


# Reads the figures within the probe's time limit. No answer of the source is raised.
MetricsSource = Callable[[ProbeContext], Awaitable[Figures | NoFigures]]

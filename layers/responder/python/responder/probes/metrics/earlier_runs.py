"""The figures that a probe run keeps for the next one, and their comparison. Pure."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from responder.clients.scrapes import Labels, Scrape
from responder.config.metrics import MetricNames
from responder.domain.finding import Finding
from responder.probes import readings
from responder.probes.error_kinds import kind_of

_AT, _START = "at", "start"
# The values of labels that readings use. Others are not kept, because a service can put anything there; of the type of
# an error its kind is kept.
_VALUES = {
    "status": re.compile(r"success|error|[1-5]\d\d"),
    "le": re.compile(r"[-+]?(Inf|[0-9.e+-]{1,24})"),
}


def keep_counters(names: MetricNames, scrape: Scrape, at: float) -> dict[str, float]:
    """The counters for JSON, added up over labels that nothing reads. `at` in Unix seconds."""
    counters = {*names.counters, *(f"{name}_bucket" for name in names.histograms)}
    found = {_AT: at} | {f"{_START} {place}": value for place, value in enumerate(scrape.starts)}
    for (name, labels), value in scrape.samples.items():
        if name in counters:
            known = [[label, kept] for label, text in labels if (kept := _kept(label, text))]
            key = json.dumps([name, known])
            found[key] = found.get(key, 0.0) + value
    return found


def _kept(label: str, text: str) -> str | None:
    if label == "error_type":
        return kind_of(text)
    return text if label in _VALUES and _VALUES[label].fullmatch(text) else None


def restore_scrape(found: Mapping[str, float]) -> Scrape | None:
    """The kept scrape, or None."""
    if _AT not in found:
        return None
    samples: dict[tuple[str, Labels], float] = {}
    for key, value in found.items():
        if key.startswith("["):
            name, labels = json.loads(key)
            samples[name, tuple((label, text) for label, text in labels)] = value
    starts = tuple(value for key, value in found.items() if key.startswith(_START))
    return Scrape(samples, found[_AT], starts=starts)


def count_since_first_run(before: Finding | None, first: datetime, new: readings.Measurements) -> readings.Measurements:
    """Adds this stretch to the counts since the first run. Calls of other processes are not counted."""
    earlier = before.measurements if before else {}
    start = datetime.fromisoformat(earlier["since"]) if isinstance(earlier.get("since"), str) else first
    total = new["transcriptions"] + (earlier.get("since_transcriptions") or 0)
    return readings.since(
        start, total, new["transcriptions_failed"] + (earlier.get("since_transcriptions_failed") or 0)
    )


def compare_with(finding: Finding | None, seconds: float) -> readings.Measurements:
    """The previous run's figures, to see whether the trouble grows or gets better.

    `seconds`: the length of the present stretch; counts are converted to that length.
    """
    found = finding.measurements if finding else {}
    measured = {f"before_{name}": found[name] for name in ("error_ratio", "latency_p95_seconds") if name in found}
    if found.get("window_seconds") and "rate_limited" in found:
        measured["before_rate_limited"] = round(found["rate_limited"] * seconds / found["window_seconds"], 1)
    return measured


def describe_trend(found: readings.Measurements) -> list[str]:
    said = []
    earlier, present = found.get("before_error_ratio"), found.get("error_ratio")
    if earlier is not None and present is not None and earlier != present:
        said.append(f"At the check before, {earlier:.0%} failed: now it is {'more' if present > earlier else 'less'}.")
    limited, now = found.get("before_rate_limited"), found["rate_limited"]
    if limited is not None and now > limited:
        said.append(
            f"Refusals for the rate limit (429) increase: {now}, after {limited:g} in as long at the check before."
        )
    return said

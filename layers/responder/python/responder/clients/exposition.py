"""Reads a page of metrics (Prometheus text 0.0.4 or OpenMetrics 1.0) with prometheus_client's parsers. Pure.

Only the lines of the wanted metrics go to the parsers, which take about 50 µs a line. If the parsers refuse a metric,
its lines are read one by one, so that one bad line loses only itself.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from responder.clients.http import NoAnswer, Response
from responder.clients.scrapes import Labels, Scrape
from responder.config.metrics import MetricNames
from responder.domain.redact import redact_short

if TYPE_CHECKING:
    from prometheus_client import Metric

ACCEPT = "text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0;q=0.5, */*;q=0.1"
OPENMETRICS = "application/openmetrics-text"
# Lines of one metric: the parsers need a second for these. More are refused: a part of them would give a wrong sum.
MOST_LINES = 20_000
# In characters; real lines have a few hundred. The parsers copy the rest of a line for each label: 1 MB took them 6 s.
LONGEST_LINE = 20_000
# Larger values are left out: real ones are far smaller, and sums must stay finite.
LARGEST = 1e100
_NAME = r'(?:[a-zA-Z_:][a-zA-Z0-9_:]*|\{\s*"(?:[^"\\]|\\.)*"|"(?:[^"\\]|\\.)*")'
_LINE = re.compile(rf"[ \t]*(?:#[ \t]+(?:TYPE|HELP|UNIT)[ \t]+)?({_NAME})")
# No two parts of this expression may match the same blanks: with two in a row, 20,000 blanks took 6 s.
_SAMPLE = re.compile(rf"[ \t]*{_NAME}[ \t]*(?:\{{.*\}}[ \t]*)?[-+]?(?:[0-9.]|NaN|Inf)")
# What the name of a sample adds to its metric's name, depending on the type (OpenMetrics 1.0, "Suffixes").
_TEXT_SUFFIXES = ("", "_bucket", "_count", "_sum")
_OPEN_SUFFIXES = (*_TEXT_SUFFIXES, "_total", "_created", "_gcount", "_gsum", "_info")
_CUMULATIVE = ("counter", "histogram", "summary")
# What the parsers raise for a line of arbitrary bytes: they index and convert without checks.
_FAULTS = (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError)


class TooManyLines(ValueError):
    """Some metric has more than MOST_LINES lines."""


@dataclass(frozen=True)
class Unreadable:
    """The page could not be read. `why` is a clause for people."""

    why: str


@dataclass
class Wanted:
    """One wanted metric of a page: its lines, and what was read from them.

    `samples`: value and time, by name and labels. `odd`, `too_long`: how many lines could not be read.
    """

    name: str
    lines: list[str] = field(default_factory=list)
    kind: str | None = None
    samples: dict[tuple[str, Labels], tuple[float, float]] = field(default_factory=dict)
    odd: int = 0
    too_long: int = 0


def read_page(answer: Response | NoAnswer, names: MetricNames, at: float) -> Scrape | Unreadable:
    """The samples of our metrics in an answer to GET /metrics. `at`: when it came, in seconds of one clock."""
    why = _why_not(answer)
    if why or isinstance(answer, NoAnswer):
        return Unreadable(why or "")
    try:
        found = read_text(answer.text, names.types, is_open=_is_open(answer))
    except TooManyLines:
        return Unreadable(f"the page has more than {MOST_LINES} lines of our metrics")
    if not found and not any(_SAMPLE.match(line) for line in answer.text.split("\n")):
        return Unreadable("the answer holds no metrics")
    usable = {name: one for name, one in found.items() if one.kind in (None, names.types[name])}
    samples = {key: value for one in usable.values() for key, (value, _) in one.samples.items()}
    return Scrape(
        samples,
        at,
        present=frozenset(usable),
        starts=tuple(sorted(value for (name, _), value in samples.items() if name == names.process_start)),
        faults=tuple(filter(None, (_fault(found[name], names.types[name]) for name in sorted(found)))),
    )


def _fault(one: Wanted, expected: str) -> str | None:
    if one.kind not in (None, expected):
        return f"{one.name} is declared as {redact_short(str(one.kind), 20)} and not as {expected}, so it is not used"
    unread = one.odd + one.too_long
    return f"{unread} line(s) of {one.name} could not be read" if unread else None


def _why_not(answer: Response | NoAnswer) -> str | None:
    if isinstance(answer, NoAnswer):
        return answer.sentence
    if not answer.ok or answer.cut or answer.is_page:
        return answer.said
    kind = _content_type(answer)
    if kind.startswith("application/") and kind != OPENMETRICS:
        return f"the answer is {redact_short(kind, 60)}, and no page of metrics"
    if kind == OPENMETRICS and not _has_end(answer.text):
        return "the OpenMetrics page was cut: it does not end with # EOF"
    return None


def _content_type(answer: Response) -> str:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower()


def _has_end(text: str) -> bool:
    return text.rstrip().rpartition("\n")[2] == "# EOF"


def _is_open(answer: Response) -> bool:
    """Whether it is OpenMetrics. Some services serve that as text/plain, but it always ends with `# EOF`."""
    return _content_type(answer) == OPENMETRICS or _has_end(answer.text)


def read_text(text: str, names: Collection[str], *, is_open: bool) -> dict[str, Wanted]:
    """The wanted metrics that the page has. Raises TooManyLines before any line is parsed."""
    wanted = _by_token(names, is_open=is_open)
    found: dict[str, Wanted] = {}
    for line in text.removeprefix("\ufeff").split("\n"):
        match = _LINE.match(line)
        # The name may be in quotes, and after the brace of the labels (OpenMetrics 1.0, UTF-8 names).
        token = match[1].lstrip("{ \t").strip('"') if match else ""
        for name in wanted.get(token, ()):
            one = found.setdefault(name, Wanted(name))
            if len(line) > LONGEST_LINE:
                one.too_long += 1
                continue
            one.lines.append(line.rstrip("\r"))
            if len(one.lines) > MOST_LINES:
                raise TooManyLines
    for one in found.values():
        if one.lines:
            _read(one, is_open=is_open)
    return found


def _by_token(names: Collection[str], *, is_open: bool) -> dict[str, set[str]]:
    """Which wanted metrics a line may belong to, by the name at its beginning. The parsers decide by the declared type.

    OpenMetrics declares the counter x_total as x.
    """
    found: dict[str, set[str]] = {}
    for name in names:
        bases = {name, name.removesuffix("_total")} if is_open else {name}
        for base in bases:
            for suffix in _OPEN_SUFFIXES if is_open else _TEXT_SUFFIXES:
                found.setdefault(base + suffix, set()).add(name)
    return found


def _read(one: Wanted, *, is_open: bool) -> None:
    try:
        for metric in _parsed("\n".join(one.lines), is_open=is_open):
            _take(one, metric, is_open=is_open)
    except _FAULTS:
        one.samples.clear()
        one.odd = 0
        _read_lines(one)


def _read_lines(one: Wanted) -> None:
    """Reads each line alone, by the rules of the text format, which are less strict and write samples the same way."""
    before, kind = one.odd, one.kind
    for line in one.lines:
        declared = f"# TYPE {one.name} {kind}\n" if kind == "counter" and line[:1] != "#" else ""
        try:
            for metric in _parsed(declared + line, is_open=False):
                _take(one, metric, is_open=False)
                kind = one.kind
        except _FAULTS:
            one.odd += 1
    # The metric was refused, so at least one thing is wrong even if each line can be read, for example two types.
    one.odd = max(one.odd, before + 1)


def _parsed(text: str, *, is_open: bool) -> "Iterable[Metric]":
    # Imported only now: the parsers bring much with them, and not every deployment reads a page.
    from prometheus_client import parser as prometheus  # noqa: PLC0415
    from prometheus_client.openmetrics import parser as openmetrics  # noqa: PLC0415

    if is_open:
        found: Iterable[Metric] = openmetrics.text_string_to_metric_families(f"{text}\n# EOF\n")  # type: ignore[no-untyped-call]
        return found
    return prometheus.text_string_to_metric_families(text)


def _take(one: Wanted, metric: "Metric", *, is_open: bool) -> None:
    """Takes the samples of one parsed family. If a series is there twice, the later time counts, else the first."""
    declared = {"counter": f"{metric.name}_total"}.get(metric.type, metric.name)
    if one.name in (declared, metric.name) and metric.type != "unknown":
        one.kind = metric.type
    for sample in metric.samples:
        # The text parser calls a counter x_total that the page calls x.
        is_renamed = not is_open and metric.name == one.name and declared == sample.name
        key = one.name if is_renamed else sample.name, tuple(sorted(sample.labels.items()))
        value, at = float(sample.value), float(sample.timestamp or 0)
        before = one.samples.get(key)
        if (value < 0 and metric.type in _CUMULATIVE) or (before and at == before[1] and value != before[0]):
            one.odd += 1
        elif abs(value) < LARGEST and (before is None or at > before[1]):
            one.samples[key] = value, at

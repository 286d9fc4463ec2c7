"""The Prometheus metrics that our service exposes (docs/twinmind.md#metrics)."""

from local.sandbox.shapes import Json

API_BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
DURATION_BUCKETS = (1.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)

METRICS: dict[str, tuple[str, str]] = {
    "twinmind_transcriptions_total": ("counter", "Transcriptions by outcome"),
    "twinmind_transcription_duration_seconds": ("histogram", "Time a transcription took"),
    "twinmind_transcription_audio_hours": ("counter", "Hours of audio transcribed"),
    "twinmind_api_requests_total": ("counter", "Requests to the TwinMind API"),
    "twinmind_api_latency_seconds": ("histogram", "Latency of the TwinMind API"),
    "twinmind_errors_total": ("counter", "Errors by type"),
    "twinmind_rate_limit_remaining": ("gauge", "Requests left in the window"),
    "twinmind_summary_requests_total": ("counter", "Summaries by outcome"),
    "twinmind_action_items_extracted": ("counter", "Action items extracted"),
    "twinmind_ai_tokens_used": ("counter", "AI tokens used"),
    "twinmind_queue_size": ("gauge", "Requests that wait in the queue"),
    "twinmind_service_flags_version": ("gauge", "Version of the service flags in force"),
    "process_start_time_seconds": ("gauge", "Start time of the process since the Unix epoch"),
    "process_cpu_seconds_total": ("counter", "CPU time spent"),
    "process_resident_memory_bytes": ("gauge", "Resident memory"),
}

# No edition of the pack defines a queue metric (docs/twinmind.md#metrics); the service flags are this project's own.
OPTIONAL = {"twinmind_queue_size", "twinmind_service_flags_version"}

Labels = tuple[tuple[str, str], ...]


class Meters:
    """Counters, gauges and histograms of one process; a new process begins with a new object."""

    def __init__(self) -> None:
        self._values: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, Json]] = {}

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        series = self._values.setdefault(name, {})
        key = tuple(labels.items())
        series[key] = series.get(key, 0) + amount

    def set(self, name: str, value: float, **labels: str) -> None:
        self._values.setdefault(name, {})[tuple(labels.items())] = value

    def observe(self, name: str, buckets: tuple[float, ...], value: float, times: int, **labels: str) -> None:
        """Counts `times` observations of `value` seconds."""
        fresh = {"buckets": dict.fromkeys(buckets, 0), "sum": 0.0, "count": 0}
        seen = self._histograms.setdefault(name, {}).setdefault(tuple(labels.items()), fresh)
        seen["sum"] += value * times
        seen["count"] += times
        for edge in buckets:
            seen["buckets"][edge] += times if value <= edge else 0

    def render(self) -> str:
        """Prometheus text format 0.0.4; a labelled series appears with its first value, as client libraries do it."""
        lines: list[str] = []
        for name, (kind, text) in METRICS.items():
            if name in OPTIONAL and name not in self._values:
                continue
            lines += [f"# HELP {name} {text}", f"# TYPE {name} {kind}"]
            lines += [f"{name}{_braces(key)} {_number(value)}" for key, value in self._values.get(name, {}).items()]
            for key, seen in self._histograms.get(name, {}).items():
                lines += _histogram_lines(name, key, seen)
        return "\n".join(lines) + "\n"


def _histogram_lines(name: str, key: Labels, seen: Json) -> list[str]:
    edges = {_number(edge): count for edge, count in seen["buckets"].items()} | {"+Inf": seen["count"]}
    lines = [f"{name}_bucket{_braces((*key, ('le', edge)))} {count}" for edge, count in edges.items()]
    return [*lines, f"{name}_sum{_braces(key)} {_number(seen['sum'])}", f"{name}_count{_braces(key)} {seen['count']}"]


def _braces(key: Labels) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in key) + "}" if key else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if float(value).is_integer() else f"{value:.6f}".rstrip("0")

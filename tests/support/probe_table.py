"""docs/probes.md's table of probes: what each may measure."""

import re
from pathlib import Path

_PAGE = Path(__file__).parents[2] / "docs" / "probes.md"
_ROW = re.compile(r"^\| `(\w+)` \| (.*)\|$", re.MULTILINE)
_NAME = re.compile(r"`(\w+)`")

# What the text above the table says of all probes.
COMMON = {"latency_ms", "http_status", "fault", "answer", "page", "request_id", "shared_age_seconds", "error"}


def _measured() -> dict[str, set[str]]:
    rows = {probe: set(_NAME.findall(names)) for probe, names in _ROW.findall(_PAGE.read_text(encoding="utf-8"))}
    return {
        probe: (names | rows["service_health"] if "service_health" in names else names) for probe, names in rows.items()
    }


MEASURED = _measured()

"""`make cost`: counts simulated hours and prints what they cost; exit 1 where a goal is missed."""

import io
import logging
import os
import sys
import tempfile
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any

from local.cost import prices
from local.cost.bill import Counts, bill

HOUR, DAY = 3_600.0, 86_400.0
OUTAGE = {"twinmind": {"status_code": 503}, "twinmind_status": {"indicator": "major"}}
REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}


@dataclass(frozen=True)
class Case:
    """`transitions` and `dollars` are the most that it may cost."""

    story: str
    world: dict[str, Any]
    seconds: float
    transitions: int
    dollars: float | None = None


CASES = {
    "hour": Case("P1, nobody answers, first hour", OUTAGE, HOUR, 240, 0.015),
    "key": Case("revoked key, replaced, watched for ten minutes and closed", REVOKED, HOUR, 100),
    "day": Case("P1, nobody answers, 24 hours", OUTAGE, DAY, 2_500),
}


def main(names: list[str]) -> int:
    os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    os.environ["POWERTOOLS_LOG_LEVEL"] = "CRITICAL"
    logging.disable(logging.ERROR)
    unknown = [name for name in names if name not in CASES]
    if unknown:
        print(f"no case {unknown[0]}; there are: {', '.join(CASES)}", file=sys.stderr)
        return 2
    print(f"List prices of us-east-1, {prices.AS_OF}, without free tier. Simulated hours: waiting takes no time.")
    with tempfile.TemporaryDirectory(prefix="cost-") as folder:
        os.environ["RECORDED_CALLS"] = folder
        return 1 if [name for name in names or CASES if not _counted(CASES[name])] else 0


def _counted(case: Case) -> bool:
    # Imported only now, because they read the environment.
    from tests.support import hours, stack  # noqa: PLC0415

    # Functions print their metrics, which do not belong to this output.
    with redirect_stdout(io.StringIO()):
        found = hours.play(case.world, case.seconds)
    functions = stack.resources("AWS::Lambda::Function")
    memory = {name: functions[_logical(name)].get("MemorySize", 128) for name in found.invoked}
    units = found.units
    counts = Counts(len(found.entered), found.invoked, found.calls, units.read, units.written, memory)
    parts = bill(counts)
    total = sum(parts.values())
    print(f"\n{case.story}\n  {len(found.entered)} transitions (at most {case.transitions}); ${total:.4f}", end="")
    print(f" (at most ${case.dollars})" if case.dollars else "")
    print("  " + ", ".join(f"{name} ${dollars:.4f}" for name, dollars in parts.items()))
    print("  " + ", ".join(f"{name} {number}" for name, number in Counter(n for _, n in found.entered).most_common()))
    broken = [one for one in found.promises if not one.is_kept]
    print(f"  {len(found.promises)} promises to people, {len(broken)} broken")
    for one in broken:
        print(f"  ✗ {one.what}: due {one.due:%H:%M:%S}, {one.said_late}")
    return len(found.entered) <= case.transitions and total <= (case.dollars or total) and not broken


def _logical(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_")) + "Function"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

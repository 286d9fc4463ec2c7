"""From counts to dollars. Pure.

Seconds and bytes on AWS cannot be measured here. They are assumed below, rather too high than too low.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.cost import prices

# Billed seconds of a function's call: a probe run waits for other services, the others for a few calls.
SECONDS = {"run_diagnostics": 2.0}
OTHER_SECONDS = 1.0
# CloudWatch Logs: the lines of a call (start, report, ours), and the machine's events for a state.
LOG_BYTES_A_CALL, LOG_BYTES_A_STATE = 3_000, 4_000


@dataclass(frozen=True)
class Counts:
    """`calls`: AWS calls by service. `units`: DynamoDB's read and write units. `memory`: MiB by function."""

    states: int
    invoked: Mapping[str, int]
    calls: Mapping[str, int]
    read_units: int
    write_units: int
    memory: Mapping[str, int]


def bill(counts: Counts) -> dict[str, float]:
    """Dollars by purpose."""
    called = sum(counts.invoked.values())
    used = {name: number * SECONDS.get(name, OTHER_SECONDS) for name, number in counts.invoked.items()}
    memory = sum(seconds * counts.memory[name] / 1024 for name, seconds in used.items())
    log_bytes = called * LOG_BYTES_A_CALL + counts.states * LOG_BYTES_A_STATE
    return {
        "state transitions": counts.states * prices.TRANSITION,
        "functions": memory * prices.GB_SECOND + called * prices.INVOCATION,
        "table": counts.read_units * prices.READ_UNIT + counts.write_units * prices.WRITE_UNIT,
        "other calls": sum(prices.CALLS.get(name, 0.0) * number for name, number in counts.calls.items()),
        "logs": log_bytes / 1e9 * prices.LOG_GB,
        # More than it is: the calls of one execution share a trace.
        "traces": called * prices.TRACE,
    }

"""The table of probes in docs/probes.md is the registry's."""

import inspect

from responder.diagnosis import missing_run
from responder.probes import PROBES, health, readings, service_metrics
from tests.support.probe_table import MEASURED

# Where a probe's docstring is that of the part that it hands on to.
PARTS = {
    "service_health": (health.check_health,),
    "service_metrics": (service_metrics.probe, readings.measure),
}


def test_every_probe_has_a_row_and_every_row_a_probe() -> None:
    """The last row is the finding that stands for a look without any."""
    assert list(MEASURED) == [*PROBES, missing_run.NAME]


def test_every_measurement_of_the_table_is_named_by_its_probe() -> None:
    """In what its docstring says that it measures: a name that nobody measures any more goes from both."""
    for probe, names in MEASURED.items():
        if probe in PROBES and probe != "service_twinmind_health":
            told = "\n".join(inspect.getdoc(part) or "" for part in PARTS.get(probe, (PROBES[probe].run,)))
            assert {name for name in names if f"`{name}`" not in told} == set(), probe

"""The table of probes in docs/extending.md is the registry's."""

from responder.probes import PROBES
from tests.support.probe_table import MEASURED


def test_every_probe_has_a_row() -> None:
    assert set(MEASURED) >= PROBES.keys()

"""The table of probes in docs/probes.md is the registry's."""

import ast
import re
from pathlib import Path

import responder
from responder.actions.keep_diagnosis import BLIND_PROBE
from responder.probes import PROBES
from tests.support.probe_table import MEASURED

# The ends that code adds to a measurement's name.
_STEM = re.compile(r"(?:before_|usual_|highest_)?(\w+?)(?:_seconds|_ratio|_is_above)?")


def _written(file: Path) -> set[str]:
    """What the code calls something: arguments, fields and words, but no text."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.keyword(arg=str(name)) | ast.AnnAssign(target=ast.Name(id=name)) | ast.Constant(value=str(name)):
                found.add(name)
    return found


def test_every_probe_has_a_row_and_every_row_a_probe() -> None:
    """The last row is the finding that stands for a look without any."""
    assert list(MEASURED) == [*PROBES, BLIND_PROBE]


def test_every_measurement_of_the_table_stands_in_the_code() -> None:
    """A name that nobody measures any more goes from the table. What is measured beside it, tests/contract finds."""
    folders = [Path(responder.__path__[0]) / name for name in ("probes", "integrations", "clients")]
    written = set().union(*(_written(file) for folder in folders for file in folder.rglob("*.py")))
    stems = {stem[1] for name in written if (stem := _STEM.fullmatch(name))} | written
    told = {name for probe in PROBES for name in MEASURED[probe]}
    assert {name for name in told if not {name, _STEM.fullmatch(name)[1]} & stems} == set()  # type: ignore[index]

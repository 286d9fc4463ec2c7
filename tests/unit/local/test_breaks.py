"""`make breaks` takes minutes. Its table is checked here: what it breaks is there, and the test that must fall too."""

import pytest

from local.breaks import BREAKS, Break
from local.paths import ROOT


@pytest.mark.parametrize("one", BREAKS, ids=lambda one: one.area)
def test_what_is_broken_stands_there_once_and_its_test_exists(one: Break) -> None:
    assert (ROOT / one.file).read_text(encoding="utf-8").count(one.found) == 1
    file, name = one.test.split("[")[0].split("::")
    assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")

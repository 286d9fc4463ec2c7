"""One in-process cloud for a file of tests, made fresh before each; a file that needs another defines its own."""

from collections.abc import Iterator

import pytest

from tests.support.inprocess import Cloud
from tests.support.notifications import a_world, made_fresh


@pytest.fixture(scope="module")
def world() -> Iterator[Cloud]:
    with a_world() as cloud:
        yield cloud


@pytest.fixture
def cloud(world: Cloud) -> Cloud:
    return made_fresh(world)

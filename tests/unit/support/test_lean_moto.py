"""What moto works out once in tests stays what moto would work out each time."""

from typing import Any

from moto.core.base_backend import BackendDict
from moto.ecs.models import ecs_backends

from tests.support.inprocess import ACCOUNT, REGION


def test_a_backend_that_came_while_moto_was_reset_is_reset_the_next_time() -> None:
    """Another service's start looks at it after it was emptied, and before the list of those in use is."""
    BackendDict.reset()
    ecs_backends[ACCOUNT][REGION].create_cluster("left over")
    untyped: Any = BackendDict
    untyped._instances.clear()
    assert ecs_backends[ACCOUNT][REGION].clusters
    BackendDict.reset()
    assert not ecs_backends[ACCOUNT][REGION].clusters
    BackendDict.reset()

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from responder.context import Desk, open_desk
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import empty_tables, keep_incident

OpenDesk = Callable[..., Desk]


@pytest.fixture
def desk_of() -> Iterator[OpenDesk]:
    """The desk of an incident about a rejected key, with the given fields changed."""
    with empty_tables():

        def opened(incident_id: str = "pd-1", **changes: Any) -> Desk:
            keep_incident(rejected_key_incident(incident_id).model_copy(update=changes))
            return open_desk({"incident_id": incident_id, "generation": 1})

        yield opened

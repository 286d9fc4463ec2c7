from collections.abc import Callable, Iterator
from typing import Any

import pytest

from responder.context import IncidentContext, open_context
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import empty_tables, keep_incident

OpenContext = Callable[..., IncidentContext]


@pytest.fixture
def context_of() -> Iterator[OpenContext]:
    """The desk of an incident about a rejected key, with the given fields changed."""
    with empty_tables():

        def opened(incident_id: str = "pd-1", **changes: Any) -> IncidentContext:
            keep_incident(rejected_key_incident(incident_id).model_copy(update=changes))
            return open_context({"incident_id": incident_id, "execution_number": 1})

        yield opened

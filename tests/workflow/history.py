"""What a story is: a broken world, and what people and the world do while the workflow runs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support import deliveries
from tests.support.inprocess import Cloud

Json = dict[str, Any]
INCIDENT = "pd-QSTORY00000001"
UPSTREAM = INCIDENT.removeprefix("pd-")


@dataclass(frozen=True)
class Story:
    """A broken world, and what happens while the execution runs."""

    world: Json = field(default_factory=dict)
    meanwhile: Callable[[Cloud], None] | None = None
    start: Callable[[Cloud], str] | None = None
    override: Json = field(default_factory=dict)
    # This function fails the first time it is invoked.
    failing: str | None = None


def trigger(cloud: Cloud) -> str:
    status, _ = deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=UPSTREAM))
    assert status == 202
    return f"{INCIDENT}-1"

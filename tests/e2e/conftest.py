"""One local cloud for the whole run: on free ports, in a temporary folder, with the template's roles enforced."""

from collections.abc import Iterator

import pytest

from local.cloud import Options, up
from local.paths import Home
from local.stop import stop
from tests.support import recorded
from tests.support.deployed import Cloud

# The first leaves a dead letter, and another test wants empty queues; the second judges the calls that the others made.
LAST = (
    "test_a_poison_message_does_not_hold_up_other_incidents",
    "test_every_call_that_was_seen_is_granted_by_the_template",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.e2e)
    items.sort(key=lambda item: LAST.index(item.name) if item.name in LAST else -1)


@pytest.fixture(scope="session")
def _deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    home = Home(tmp_path_factory.mktemp("cloud"), is_temporary=True)
    calls = home.directory / "calls.jsonl"
    try:
        cloud = Cloud(up(home, Options(record_calls=calls, enforce_iam=True), say=lambda _: None), calls)
        yield cloud
        if any(call["operation"] == "StartExecution" for call in cloud.recorded_calls()):
            recorded.take_expressions(calls.with_name("expressions.jsonl"))
        refused = cloud.log_lines("AccessDenied") + cloud.log_lines("not authorized to perform")
        assert not refused, "a role lacks what its function does"
    finally:
        stop(home)


@pytest.fixture
def cloud(_deployed: Cloud) -> Cloud:
    """The running stack, with the outside world as it was at first."""
    _deployed.reset_world()
    return _deployed

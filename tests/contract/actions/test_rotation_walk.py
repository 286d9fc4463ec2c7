"""How many files a reader opens to follow one step of a rotation, from its function down."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from responder.domain.clock import now
from tests.support.inprocess import ROOT, Cloud
from tests.support.rotation_world import leaked_key_incident
from tests.support.tables import keep_incident

Act = Callable[..., dict[str, Any]]
LAYER = f"{ROOT}/layers/responder/python/"
ROTATION = ("functions/rotate_api_key/", "responder/actions/rotate_key/")
# The handler's decorator stands above the walk.
DECORATOR = "responder/aws/keep_warm.py"
MOST = 8


def ours(frame: FrameType) -> str:
    """The file's path from the top of functions or layer; empty for code of others."""
    name = frame.f_code.co_filename
    found = name.removeprefix(LAYER).removeprefix(f"{ROOT}/")
    return found if found.startswith(("functions/", "responder/")) else ""


def files_of(step: Callable[[], Any]) -> set[str]:
    """Files of the rotation of which some function runs.

    The walk ends at a door, which serves every action and says in its name what it does: gate, approvals, clients, AWS.
    """
    found: set[str] = set()

    def is_behind_a_door(frame: FrameType | None) -> bool:
        while frame is not None:
            name = ours(frame)
            if name and name != DECORATOR and not name.startswith(ROTATION):
                return True
            frame = frame.f_back
        return False

    def note(frame: FrameType, event: str, _: Any) -> None:
        is_import = frame.f_code.co_name == "<module>"
        if event == "call" and not is_import and ours(frame).startswith(ROTATION) and not is_behind_a_door(frame):
            found.add(ours(frame))

    sys.setprofile(note)
    try:
        step()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.parametrize("purpose", ["rotate", "contain"])
def test_each_step_is_followed_through_few_files(cloud: Cloud, purpose: str) -> None:
    if purpose == "contain":
        # After the secret was written, so that only the current key can be the one that leaked.
        keep_incident(leaked_key_incident("pd-1").model_copy(update={"started_at": now()}))
        cloud.change_runbook({"modes": {"contain": "auto"}})
    staged: dict[str, Any] = {}

    def take(step: str) -> None:
        ids = {name: staged.get(name) for name in ("version_id", "old_version_id")}
        event = {"incident_id": "pd-1", "step": step, "purpose": purpose, **ids}
        staged.update({"outcome": None} | cloud.invoke("rotate_api_key", event))

    for step, outcome in (
        ("createSecret", "staged"),
        ("setSecret", "set"),
        ("testSecret", "passed"),
        ("finishSecret", "promoted"),
        ("restoreSecret", "kept"),
    ):
        walk = files_of(lambda step=step: take(step))  # type: ignore[misc]
        assert staged["outcome"] == outcome
        assert len(walk) <= MOST, sorted(walk)
        assert "functions/rotate_api_key/app.py" in walk

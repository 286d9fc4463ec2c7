"""Walks through a rotation's steps as the state machine does, with retries and sudden ends."""

from collections.abc import Iterator

from botocore.exceptions import BotoCoreError

from responder.aws.secrets import SecretUnreadable
from tests.support.rotation_world import Outcome, RotationWorld

DIED: Outcome = {"outcome": "died", "version_id": None, "old_version_id": None, "text": None}


def execution(
    world: RotationWorld, incident: str = "pd-1", *, tries: int = 1, proven: bool = True, purpose: str = "rotate"
) -> Iterator[Outcome]:
    """Yields each step's outcome; the last one is where the machine goes on to people, to the restart or dies.

    `tries`: how often a step that raised is called again, as Lambda service errors are retried.
    """
    while True:
        staged = one_step(world, incident, "createSecret", tries, purpose=purpose)
        yield staged
        if staged["outcome"] != "staged":
            return
        ids = {"version_id": staged["version_id"], "old_version_id": staged["old_version_id"]}
        tested = DIED
        for step in ("setSecret", "testSecret"):
            tested = one_step(world, incident, step, tries, **ids)
            yield tested
            if tested is DIED:
                return
        if tested["outcome"] == "failed":
            continue
        if tested["outcome"] == "passed":
            promoted = one_step(world, incident, "finishSecret", tries, **ids)
            yield promoted
            if promoted["outcome"] == "promoted" and not proven:
                yield one_step(world, incident, "restoreSecret", tries)
        return


def run(steps: Iterator[Outcome]) -> Outcome:
    """The last outcome, where any is left."""
    return [DIED, *steps][-1]


def one_step(world: RotationWorld, incident: str, step: str, tries: int, **ids: str | None) -> Outcome:
    for _ in range(tries):
        try:
            return world.step(incident, step, **ids)
        except (BotoCoreError, SecretUnreadable):
            continue
    return DIED

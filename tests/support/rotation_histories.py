"""Every history of a rotation with so many faults, walked through one after the other: `make laws` says how many.

A history is one execution (or two, interleaved) in which chosen calls fail, work without an answer, or are repeated,
or in which a person interferes between two steps; then one undisturbed execution. The laws are checked at each
change of a label (rotation_world), and at the end.
"""

import argparse
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import combinations, product

from tests.support import near_aws
from tests.support.inprocess import REGION
from tests.support.rotation_driver import execution, run
from tests.support.rotation_world import FIRST, Outcome, RotationWorld, rotation_world
from tests.support.secret_model import CURRENT, PENDING, PREVIOUS, SecretModel
from tests.support.tables import empty_tables

FAULTS = ("fail", "lost", "repeat")
OLD = "tm_sk_old"
STANDBY = ("tm_sk_standby_a", "tm_sk_standby_b", "tm_sk_standby_c")
BY_HAND = "00000000-0000-4000-8000-0000000000aa"
Faults = dict[int, str]
CHUNK = 25


@dataclass(frozen=True)
class Case:
    """`leaked`: the old key works and is contained. `standby`: which staged keys work."""

    leaked: bool = False
    standby: tuple[bool, ...] = (True, True)
    proven: bool = True

    def world(self, faults: Faults | None = None) -> RotationWorld:
        keys = {OLD: self.leaked} | dict(zip(STANDBY, self.standby, strict=False))
        return RotationWorld(SecretModel(FIRST, OLD), keys, faults or {}, leaked=OLD if self.leaked else None)

    @property
    def staged(self) -> list[str]:
        return list(STANDBY[: len(self.standby)])

    @property
    def purpose(self) -> str:
        return "contain" if self.leaked else "rotate"


CASES = (
    Case(),
    Case(standby=(False, True)),
    Case(proven=False),
    Case(leaked=True),
    Case(leaked=True, standby=(False, True)),
)


def person_promotes(world: RotationWorld) -> None:
    world.model.texts[BY_HAND] = "tm_sk_by_hand"
    world.keys["tm_sk_by_hand"] = True
    world.by_a_person(lambda: world.model.attach(CURRENT, BY_HAND))


def person_takes_the_label_off(world: RotationWorld) -> None:
    world.by_a_person(lambda: world.model.labels.pop(PENDING, None))


def person_revokes_the_first_standby_key(world: RotationWorld) -> None:
    world.revoke(STANDBY[0])


def old_key_works_again(world: RotationWorld) -> None:
    world.keys[OLD] = True


def person_saves_the_old_key_again(world: RotationWorld) -> None:
    """As another version, whatever is current by then."""
    world.model.texts[BY_HAND] = OLD
    world.by_a_person(lambda: world.model.attach(CURRENT, BY_HAND))


PEOPLE: tuple[Callable[[RotationWorld], None], ...] = (
    person_promotes,
    person_takes_the_label_off,
    person_revokes_the_first_standby_key,
    old_key_works_again,
    person_saves_the_old_key_again,
)


@dataclass(frozen=True)
class History:
    """`person` acts after step number `after` of the first execution; `order`: whose turn it is, of two incidents."""

    case: Case
    faults: tuple[tuple[int, str], ...] = ()
    person: Callable[[RotationWorld], None] | None = None
    after: int = 0
    order: tuple[str, ...] = ()

    def broken(self) -> list[str]:
        """The laws that this history breaks."""
        incidents = ("pd-1", "pd-2") if self.order else ("pd-1",)
        world = self.case.world(dict(self.faults))
        with rotation_world(world, self.case.staged, incidents=incidents, leaked=self.case.leaked):
            if self.order:
                self._interleaved(world)
            else:
                self._alone(world)
            world.faults = {}
            ends = [run(self._execution(world, name))["outcome"] for name in incidents]
            return world.broken_laws + _at_the_end(self, world, ends[-1])

    def _execution(self, world: RotationWorld, incident: str) -> Iterator[Outcome]:
        return execution(world, incident, proven=self.case.proven, purpose=self.case.purpose)

    def _alone(self, world: RotationWorld) -> None:
        for number, _ in enumerate(self._execution(world, "pd-1")):
            if self.person and number == self.after:
                self.person(world)

    def _interleaved(self, world: RotationWorld) -> None:
        running = {name: self._execution(world, name) for name in ("pd-1", "pd-2")}
        for name in self.order:
            next(running[name], None)
        for steps in running.values():
            run(steps)


def _at_the_end(history: History, world: RotationWorld, outcome: str | None) -> list[str]:
    """The next try succeeds: nothing waits, the current key works, a leaked one has no label, and it was done once."""
    case, undisturbed = history.case, history.person is None
    found = []
    if PENDING in world.model.labels:
        found.append("AWSPENDING is left")
    # One rotation is the budget of an incident. If people put a dead key in force after it, it is for people to mend.
    is_theirs = history.person is person_saves_the_old_key_again and world.promoted and outcome == "not_allowed"
    if not world.works(world.current) and not world.current_was_revoked and not is_theirs:
        found.append("the current key does not work")
    led_to = {world.key_in(version) for version in (world.model.labels.get(PREVIOUS), world.current) if version}
    if case.leaked and (OLD in led_to if undisturbed else world.key_in(world.current) == OLD):
        found.append("a label leads to the leaked key")
    # Unproven, and the old key does not work either: the new one stays.
    if undisturbed and outcome not in ("promoted", "already_done", *(["kept"] if not case.proven else [])):
        found.append(f"the next try ended as {outcome}")
    if undisturbed and len(world.promoted) != 1:
        found.append(f"rotated {len(world.promoted)} times")
    return found


def calls_of(case: Case) -> list[str]:
    """The calls of an undisturbed execution, by name and in order."""
    world = case.world()
    with rotation_world(world, case.staged, leaked=case.leaked):
        run(execution(world, proven=case.proven, purpose=case.purpose))
    return world.calls


def with_faults(case: Case, how_many: int) -> Iterator[History]:
    """Every choice of so many calls, at fault in every way."""
    for numbers in combinations(range(len(calls_of(case))), how_many):
        for kinds in product(FAULTS, repeat=how_many):
            yield History(case, tuple(zip(numbers, kinds, strict=True)))


def with_people(case: Case) -> Iterator[History]:
    yield from (History(case, person=who, after=when) for who, when in product(PEOPLE, range(6)))


def two_at_once(case: Case, turns: int) -> Iterator[History]:
    """Every order in which two incidents take so many turns; the rest of their steps follow."""
    yield from (History(case, order=order) for order in product(("pd-1", "pd-2"), repeat=turns))


def families(*, deep: bool) -> Iterator[tuple[str, Iterable[History]]]:
    for case in CASES:
        yield f"one call at fault: {case}", with_faults(case, 1)
        yield f"a person interferes: {case}", with_people(case)
        if deep:
            yield f"two calls at fault: {case}", with_faults(case, 2)
    for case in (CASES[0], CASES[3]):
        yield f"two incidents at once: {case}", two_at_once(case, 8 if deep else 6)


def explored(histories: list[History]) -> list[list[str]]:
    logging.disable(logging.CRITICAL)
    near_aws.install()
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with empty_tables():
        return [history.broken() for history in histories]


def main() -> int:
    parser = argparse.ArgumentParser(prog="make laws", description=__doc__)
    parser.add_argument("--deep", action="store_true", help="every pair of faults too: a day's work")
    arguments = parser.parse_args()
    total, bad, began = 0, 0, time.monotonic()
    os.environ |= {"AWS_DEFAULT_REGION": REGION, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    with ProcessPoolExecutor() as pool:
        for name, family in families(deep=arguments.deep):
            with empty_tables():
                histories = list(family)
            chunks = [histories[start : start + CHUNK] for start in range(0, len(histories), CHUNK)]
            results = [laws for chunk in pool.map(explored, chunks) for laws in chunk]
            broken = [(history, laws) for history, laws in zip(histories, results, strict=True) if laws]
            total, bad = total + len(results), bad + len(broken)
            print(f"{len(results):7d} histories, {len(broken)} break a law: {name}", flush=True)
            for history, laws in broken[:3]:
                print("         ", history, laws)
    print(f"{total:7d} histories in {time.monotonic() - began:.0f} s; {bad} break a law")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Which rollout may be the cause: the rules over a Deployment's ReplicaSets, by hand and for any history."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from responder.actions.rollback.history import Suspect, revisions, suspect
from responder.clients.kubernetes_rollout import RESTARTED_AT

ALERT = datetime(2026, 6, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def _set(number: int, image: str, minutes_before: float, restarted: str | None = None) -> dict[str, Any]:
    made = (ALERT - timedelta(minutes=minutes_before)).strftime("%Y-%m-%dT%H:%M:%SZ")
    annotations = {RESTARTED_AT: restarted} if restarted else {}
    labels = {"app": "x", "pod-template-hash": f"h{number}"}
    return {
        "metadata": {
            "name": f"x-{number}",
            "creationTimestamp": made,
            "annotations": {"deployment.kubernetes.io/revision": str(number)},
            "ownerReferences": [{"kind": "Deployment", "name": "x"}],
        },
        "spec": {
            "template": {
                "metadata": {"labels": labels, "annotations": annotations},
                "spec": {"containers": [{"name": "c", "image": image}]},
            }
        },
    }


def _found(*sets: dict[str, Any]) -> Suspect | str:
    return suspect(revisions(list(sets), "x"), ALERT, HOUR)


def test_the_change_and_what_ran_before_it() -> None:
    found = _found(_set(1, "a", 9000), _set(2, "b", 600), _set(3, "c", 20))
    assert isinstance(found, Suspect)
    assert (found.now.number, found.before.number) == (3, 2)
    assert "pod-template-hash" not in found.before.template["metadata"]["labels"]


def test_numbers_are_numbers() -> None:
    found = _found(_set(9, "a", 600), _set(10, "b", 20))
    assert isinstance(found, Suspect)
    assert (found.now.number, found.before.number) == (10, 9)


def test_restarts_between_change_nothing() -> None:
    found = _found(_set(1, "a", 600), _set(2, "a", 300, "t1"), _set(3, "b", 20), _set(4, "b", 5, "t2"))
    assert isinstance(found, Suspect)
    assert (found.now.number, found.before.number) == (4, 2)


def test_a_version_that_came_back_is_not_sent_away_again() -> None:
    assert "rolled back already" in str(_found(_set(3, "a", 30), _set(2, "b", 10)))


def test_others_replica_sets_and_odd_ones_are_left_out() -> None:
    other = _set(2, "b", 20)
    other["metadata"]["ownerReferences"][0]["name"] = "y"
    odd = _set(3, "c", 20)
    odd["metadata"]["annotations"] = {}
    assert "before the last change" in str(_found(_set(1, "a", 5), other, odd))
    assert "no revision" in str(_found())


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-30, 200), st.booleans()), min_size=1, max_size=6))
def test_what_is_suspected_came_within_the_hour_and_is_newer_than_what_it_replaced(history: list[Any]) -> None:
    sets = [
        _set(number, image, minutes, f"t{number}" if restarted else None)
        for number, (image, minutes, restarted) in enumerate(history, start=1)
    ]
    found = _found(*sets)
    if isinstance(found, str):
        return
    images = {one.template["spec"]["containers"][0]["image"] for one in found}
    assert len(images) == 2
    same = [one for one in revisions(sets, "x") if one.number > found.before.number]
    came = min(one.made_at for one in same)
    assert ALERT - HOUR <= came <= ALERT
    assert found.before.made_at <= came
    assert found.now.number == len(sets)

from datetime import UTC, datetime, timedelta

from responder.domain.leaked_key import CHECKED_FOR, LeakedKey, check_due, due, is_over, review_due

FOUND = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEAK = LeakedKey(
    fingerprint="f" * 64,
    version_ids=("v1",),
    incident_ids=("pd-1",),
    noted_at=FOUND,
    in_use_since=FOUND - timedelta(days=9),
)


def reviewed(*minutes: int) -> LeakedKey:
    return LEAK.model_copy(update={"reviews": tuple(FOUND + timedelta(minutes=each) for each in minutes)})


def test_the_trail_is_read_at_once_after_20_minutes_and_after_a_day() -> None:
    assert review_due(LEAK, FOUND)
    assert not review_due(reviewed(0), FOUND + timedelta(minutes=19))
    assert review_due(reviewed(0), FOUND + timedelta(minutes=20))
    assert not review_due(reviewed(0, 21), FOUND + timedelta(hours=23))
    assert review_due(reviewed(0, 21), FOUND + timedelta(hours=24))
    assert not review_due(reviewed(0, 21, 1445), FOUND + timedelta(days=6))


def test_the_key_is_tried_often_at_first_then_hourly_until_it_is_refused() -> None:
    checked = LEAK.model_copy(update={"checked_at": FOUND})
    assert check_due(LEAK, FOUND)
    assert check_due(checked, FOUND + timedelta(minutes=5))
    later = checked.model_copy(update={"checked_at": FOUND + timedelta(hours=2)})
    assert not check_due(later, FOUND + timedelta(hours=2, minutes=30))
    assert check_due(later, FOUND + timedelta(hours=3))
    assert not check_due(checked.model_copy(update={"revoked_at": FOUND}), FOUND + timedelta(hours=3))


def test_it_ends_with_the_last_review_once_the_key_is_refused_or_after_a_week() -> None:
    all_reviewed = reviewed(0, 21, 1445)
    assert not is_over(all_reviewed, FOUND + timedelta(days=2))
    assert is_over(all_reviewed.model_copy(update={"revoked_at": FOUND}), FOUND + timedelta(days=2))
    assert not is_over(reviewed(0).model_copy(update={"revoked_at": FOUND}), FOUND + timedelta(hours=2))
    assert is_over(all_reviewed, FOUND + CHECKED_FOR)
    ended = all_reviewed.model_copy(update={"ended_at": FOUND})
    assert not due(ended, FOUND + CHECKED_FOR * 2)

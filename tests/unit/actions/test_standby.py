import json

import pytest

from responder.actions.rotate_key.standby_keys import next_candidate, unusable, with_key


def test_keys_in_use_or_refused_are_skipped_and_named_by_their_place() -> None:
    candidate = next_candidate(["a", "b", "c"], {"a", "b"})
    assert candidate is not None
    assert (candidate.key, candidate.name) == ("c", "standby key 3 of 3")
    assert next_candidate(["a"], {"a"}) is None
    assert next_candidate([], set()) is None


def test_the_key_of_before_is_taken_where_no_other_is_left() -> None:
    first, only = next_candidate(["a", "b"], set(), "a"), next_candidate(["a", "b"], {"b"}, "a")
    assert first is not None
    assert only is not None
    assert (first.name, only.name) == ("standby key 2 of 2", "standby key 1 of 2")


@pytest.mark.parametrize(
    ("text", "field", "is_usable"),
    [
        ("tm_sk_x", None, True),
        ('{"api_key": "x"}', "api_key", True),
        ("12345", None, True),
        (None, None, False),
        (None, "api_key", False),
        ('{"api_key": "x"}', None, False),
        ('{"api_key": 1}', "api_key", False),
        ('{"other": "x"}', "api_key", False),
        ('["x"]', "api_key", False),
        ("tm_sk_x", "api_key", False),
    ],
)
def test_a_secret_of_another_shape_than_configured_is_not_rewritten(
    text: str | None, field: str | None, is_usable: bool
) -> None:
    assert (unusable(text, field) is None) is is_usable


def test_only_the_key_changes_in_a_json_secret() -> None:
    before = {"z": [1, {"deep": None}], "api_key": "old", "ü": "\u0000\"'", "big": 12345678901234567890}
    after = with_key(json.dumps(before), "api_key", "new")
    assert json.loads(after) == {**before, "api_key": "new"}
    assert list(json.loads(after)) == list(before)
    assert with_key("old", None, "new") == "new"

"""Which secrets a stored secret string makes active."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.aws.active_secrets import active_secrets
from responder.domain.secret_shape import hidden

# What a program writes where it has no secret, and what a C program ends a text with.
NONE = ("0", "000", "null", "NULL", "None", "nil", "undefined", "true", "False", "NaN", "n/a", "-", "\x00", "a\x00b")


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ("plain", ("plain",)),
        ("  plain+/=\n", ("plain+/=",)),
        ('{"active": ["new", "old"]}', ("new", "old")),
        ('{"active": [" new ", "", "  ", "new", null, 7, ["x"]]}', ("new",)),
        ('{"active": "only"}', ("only",)),
        ('{"active": []}', ()),
        ('{"active": null}', ()),
        ('{"secret": "elsewhere"}', ()),
        ("{}", ()),
        ("", ()),
        (" \n", ()),
        ('{"active": ["cut off', ()),
        ('\ufeff{"active": ["marked"]}', ()),
        ("\ufeffmarked", ()),
        ("null", ()),
        ("two\nlines", ()),
        ('{"active": ["seen", "\ufeffmarked", "zero\u200bwidth"]}', ("seen",)),
        ("12345", ("12345",)),
        ('["a", "b"]', ()),
        *((text, ()) for text in NONE),
        *((json.dumps({"active": text}), ()) for text in NONE),
        (json.dumps({"active": [*NONE, "kept"]}), ("kept",)),
        ("[" * 100_000, ()),
    ],
)
def test_active_secrets(stored: str, expected: tuple[str, ...]) -> None:
    assert active_secrets(stored) == expected


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ('{"jsm": " its own ", "slack": "another\'s"}', ("its own",)),
        ('{"jsm": {"active": ["new", "old"]}, "active": ["nobody\'s"]}', ("new", "old")),
        ('{"slack": "another\'s"}', ()),
        ('{"jsm": "", "slack": "another\'s"}', ()),
        ('{"jsm": null, "active": ["everybody\'s"]}', ()),
        ('{"jsm": {"secret": "elsewhere"}}', ()),
        ('{"active": ["everybody\'s"]}', ("everybody's",)),
        ("everybody's", ("everybody's",)),
        ("{}", ()),
    ],
)
def test_of_several_senders_each_has_its_own(stored: str, expected: tuple[str, ...]) -> None:
    assert active_secrets(stored, "jsm") == expected


@given(st.lists(st.text()))
def test_what_is_active_is_never_blank_and_never_invented(listed: list[str]) -> None:
    active = active_secrets(json.dumps({"active": listed}))
    usable = {text.strip() for text in listed if not hidden(text.strip())}
    # Of what has more than one character, only the words for "none" are left out.
    assert set(active) <= usable - {""}
    assert {text for text in usable if len(text) > 9} <= set(active)
    assert len(active) == len(set(active))


@given(st.text())
def test_any_string_is_read(stored: str) -> None:
    assert all(secret and secret == secret.strip() for secret in active_secrets(stored))

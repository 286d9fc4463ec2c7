"""Whatever JSON object arrives, an answer comes back: no exception, bounded sizes, nothing unprintable."""

import json
import re
import unicodedata
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.contracts.source import Ignored, Malformed
from responder.domain.alert import Alert
from responder.integrations.sources import SOURCES
from tests.support.webhooks import RECEIVED_AT, parse, sample, sample_names

SAMPLES = [(source, name) for source in SOURCES for name in sample_names(source)]
TEXT = st.text() | st.text(
    st.characters(categories=["Cc", "Cs", "Cf", "Zl"], include_characters="\ufffe\uffff"), max_size=5
)
ANYTHING: tuple[Any, ...] = (
    None,
    True,
    10**5000,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "\uffff",
    "x" * 50_000,
    [],
    {},
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.integers(10**9, 10**20)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4))


def _places(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [here, *[place for key, value in below for place in _places(value, (*here, key))]]


def _replaced(node: Any, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    copy = node.copy()
    copy[place[0]] = _replaced(node[place[0]], place[1:], value)
    return copy


@st.composite
def mutated(draw: st.DrawFn) -> tuple[str, Any]:
    """A good body with up to four of its parts, at any depth, replaced by any JSON or by each other."""
    source, name = draw(st.sampled_from(SAMPLES))
    body: Any = sample(source, name)
    for _ in range(draw(st.integers(1, 4))):
        places = [place for place in _places(body) if place]
        if not places:
            break
        body = _replaced(body, draw(st.sampled_from(places)), draw(JSON | st.just(body)))
    return source, body


def assert_sound(source: str, parsed: Any) -> None:
    if not isinstance(parsed, Alert):
        assert isinstance(parsed, Ignored | Malformed)
        assert parsed.reason
        return
    prefix = {"pagerduty": "pd", "opsgenie": "og", "jsm": "jsm"}[source]
    assert re.fullmatch(rf"{prefix}-[A-Za-z0-9_.-]{{1,64}}", parsed.incident_id)
    assert re.fullmatch(r"[0-9a-f]{64}", parsed.fingerprint)
    assert len(parsed.title or "") <= 255
    assert len(parsed.note or "") <= 2000
    for text in (parsed.actor.name, parsed.service_name, *parsed.teams, *parsed.tags):
        assert len(text or "") <= 115
    shown = json.dumps(parsed.dump(), ensure_ascii=False).encode().decode()
    assert not [mark for mark in shown if unicodedata.category(mark) in ("Cc", "Cs")]
    assert not {"\ufffe", "\uffff"} & set(shown), "SQS takes no message with these"
    assert len(shown) < 60_000
    assert Alert.load(parsed.dump()) == parsed


@given(mutated())
def test_a_mutated_body_is_answered(case: tuple[str, Any]) -> None:
    source, body = case
    assert_sound(source, parse(source, body))


@pytest.mark.parametrize("source", SOURCES)
@given(body=st.dictionaries(TEXT, JSON, max_size=5))
def test_any_object_is_answered(source: str, body: dict[str, Any]) -> None:
    assert_sound(source, parse(source, body))


@pytest.mark.parametrize(("source", "name"), SAMPLES)
def test_every_part_may_be_anything(source: str, name: str) -> None:
    body = sample(source, name)
    for place, value in product(_places(body), ANYTHING):
        if place:
            assert_sound(source, parse(source, _replaced(body, place, value)))


@pytest.mark.parametrize(("source", "name"), SAMPLES)
def test_every_part_may_be_deeply_nested(source: str, name: str) -> None:
    deep: Any = "bottom"
    for _ in range(5000):
        deep = {"id": deep, "incident": [deep]}
    body = sample(source, name)
    for place in _places(body):
        if place:
            parsed = SOURCES[source].parse(_replaced(body, place, deep), received_at=RECEIVED_AT, bot_user="x")
            assert_sound(source, parsed)


@given(mutated())
def test_odd_names_places_and_never_values(case: tuple[str, Any]) -> None:
    source, body = case
    parsed = parse(source, body)
    if isinstance(parsed, Alert):
        assert all(re.fullmatch(r"[A-Za-z_]+(\[\])?(\.[A-Za-z_]+(\[\])?)*", place) for place in parsed.odd)

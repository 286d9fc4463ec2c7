"""X-Webhook-Token of the sources that do not sign."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.contracts.source import Authenticity
from responder.integrations.sources import SOURCES

TOKEN_SOURCES = ["opsgenie", "jsm"]
tokens = st.text(st.characters(codec="utf-8")).map(str.strip).filter(bool)

pytestmark = pytest.mark.parametrize("source", TOKEN_SOURCES)


def check(source: str, headers: dict[str, str], *active: str) -> Authenticity:
    return SOURCES[source].authenticate(headers, b"{}", active)


@pytest.mark.parametrize("name", ["X-Webhook-Token", "x-webhook-token", "X-WEBHOOK-TOKEN"])
@pytest.mark.parametrize("sent", ["new token", " new token ", "old,token"])
def test_any_active_token_is_accepted(source: str, name: str, sent: str) -> None:
    assert check(source, {name: sent}, "new token", "old,token") is Authenticity.OK


@pytest.mark.parametrize("sent", ["ne", "NEW", "new2", "new,old", "Bearer new", "nëw"])
def test_nothing_else_is(source: str, sent: str) -> None:
    assert check(source, {"X-Webhook-Token": sent}, "new", "old") is Authenticity.WRONG


@pytest.mark.parametrize("headers", [{}, {"Authorization": "new"}, {"X-Webhook-Token": ""}, {"X-Webhook-Token": " "}])
def test_no_token_is_missing_not_wrong(source: str, headers: dict[str, str]) -> None:
    assert check(source, headers, "new") is Authenticity.MISSING


def test_blank_secrets_match_nothing(source: str) -> None:
    assert check(source, {"X-Webhook-Token": "x"}, "", " ") is Authenticity.WRONG
    assert check(source, {"X-Webhook-Token": " "}, "", " ") is Authenticity.MISSING


@given(tokens, st.lists(tokens))
def test_a_token_is_accepted_exactly_if_it_is_active(source: str, sent: str, active: list[str]) -> None:
    expected = Authenticity.OK if sent in active else Authenticity.WRONG
    assert check(source, {"X-Webhook-Token": sent}, *active) is expected
    assert check(source, {"X-Webhook-Token": sent}, *active, sent) is Authenticity.OK

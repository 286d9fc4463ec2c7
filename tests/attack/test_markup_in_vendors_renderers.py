"""Mark-up in an alert's texts, as the vendors' own renderers show it in a browser: nothing of it runs, links or loads.

Teams' cards by Microsoft's `adaptivecards`, with Markdown on. Slack's texts by `slack-markdown`. Jira's documents by
Atlassian's own renderer, which is 2.8 GB large: `make jira-renderer` makes a bundle of it, and runs this file.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from responder.domain.redact import visible
from responder.domain.update import Question
from responder.integrations.jira.adf import adf, words
from responder.integrations.jira.channel import JiraChannel
from responder.integrations.jira.document import comment
from responder.integrations.slack.blocks import head_message, message, outdated
from responder.integrations.slack.buttons import reason_dialog
from responder.integrations.teams.channel import body_of
from responder.notifications.context import bare_context
from responder.notifications.delivery import deliver
from responder.notifications.messages.compose import announced
from responder.report.render.document import Document
from tests.attack.test_markup_in_a_browser import FOREIGN, HOSTILE, stored
from tests.attack.test_markup_in_every_message import MORE, an_update
from tests.support.browser import Browser, open_browser
from tests.support.inprocess import Cloud
from tests.support.skips import JIRA_RENDERER, NODE_PACKAGES, needs_browser, needs_jira_renderer, needs_node
from tests.unit.report.test_escaping import DOCUMENTS

pytestmark = needs_browser

SPITES = (*HOSTILE, *MORE)
THEIRS = ("e.example", "x.example", "127.0.0.1", "javascript:")
MARKDOWN = """AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
  result.outputHtml = window.markdownit({html: true}).render(text); result.didProcess = true }; 1"""
CARD = """{ const card = new AdaptiveCards.AdaptiveCard(); card.parse(%s);
  document.body.replaceChildren(card.render()) }; 1"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("page") / "blank.html"
    page.write_text("<!doctype html><meta charset=utf-8><title>ok</title><body></body>", encoding="utf-8")
    return page


def links_of(browser: Browser) -> list[tuple[str, str]]:
    """Address and text of each link that is drawn, once nothing else is found to run, load or be a foreign element."""
    assert browser.task("document.title") == "ok"
    assert browser.task(f"document.body.querySelectorAll({json.dumps(FOREIGN)}).length") == 0
    assert [one for one in browser.requested() if "127.0.0.1" in one or not one.startswith(("data:", "file:"))] == []
    found = browser.task(
        "[...document.body.querySelectorAll('[href], [src]')].map(one => [one.href || one.src, one.innerText])"
    )
    return [(str(href), str(text)) for href, text in found]


@needs_node
def test_a_card_in_teams_shows_it_as_text(browser: Browser, blank: Path) -> None:
    """A button's address is no link until somebody presses it; which there are, test_markup_in_every_message says."""
    browser.show(blank.as_uri(), width=390)
    for script in ("adaptivecards/dist/adaptivecards.min.js", "markdown-it/dist/browser/markdown-it.umd.min.js"):
        browser.task(f"{(NODE_PACKAGES / script).read_text(encoding='utf-8')}; 1")
    browser.task(MARKDOWN)
    for spite in SPITES:
        card = json.loads(body_of(an_update(spite)))["attachments"][0]["content"]
        browser.task(CARD % json.dumps(card))
        assert links_of(browser) == [], spite
        assert flat(visible(spite))[:60] in flat(browser.task("document.body.innerText"))
    # The same text in the card's other kind of block: this renderer does make a link of it.
    block = {"type": "TextBlock", "text": "[a](https://e.example)"}
    browser.task(CARD % json.dumps({"type": "AdaptiveCard", "version": "1.2", "body": [block]}))
    assert links_of(browser) == [("https://e.example/", "a")]


@needs_node
def test_slack_s_texts_make_no_mention_no_link_and_no_tag_of_it(browser: Browser, blank: Path) -> None:
    texts = [(spite, text) for spite in SPITES for text in slack_texts(spite)]
    pages = as_html([text for _, text in texts])
    browser.show(blank.as_uri(), width=390)
    for (spite, _), page in zip(texts, pages, strict=True):
        browser.task(f"document.body.innerHTML = {json.dumps(page)}; 1")
        assert [href for href, _ in links_of(browser) if any(part in href for part in THEIRS)] == [], spite
        assert browser.task("document.querySelectorAll('.s-mention:not(.s-date)').length") == 0, spite
    browser.task(f"document.body.innerHTML = {json.dumps(as_html(['<!channel> <https://e.example|bank>'])[0])}; 1")
    assert links_of(browser) == [("https://e.example/", "bank")]
    assert browser.task("document.querySelectorAll('.s-mention').length") == 1


def slack_texts(spite: str) -> list[str]:
    """Every text in Slack's mark-up of each kind of message."""
    spite = visible(spite)
    update = an_update(spite)
    asked = update.model_copy(update={"question": Question(
        title=spite, lines=(spite,), task="approve-scale", plan_hash="0" * 16, effect=spite, undo=spite, by_button=True
    )})  # fmt: skip
    sent = [message(update), message(asked, buttons=True), head_message(update), outdated(spite, spite)]
    return list(mrkdwn([*sent, reason_dialog("{}", spite)]))


def mrkdwn(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from mrkdwn(one)
    elif isinstance(value, dict):
        if value.get("type") == "mrkdwn" or (isinstance(value.get("text"), str) and "blocks" in value):
            # Slack makes no link of a bare address in a verbatim text; this renderer does not know verbatim.
            yield re.sub(r"(?<!<)http(s?)://", "http\\1:\u2060//", value["text"])
        for one in value.values():
            yield from mrkdwn(one)


def as_html(texts: list[str]) -> list[str]:
    node, folder = shutil.which("node"), NODE_PACKAGES.parent
    assert node is not None
    ran = subprocess.run(
        [node, "slack.js"], check=True, cwd=folder, input=json.dumps(texts), capture_output=True, text=True
    )
    return [str(one) for one in json.loads(ran.stdout)]


@pytest.fixture
def jira(browser: Browser, blank: Path) -> Browser:
    browser.show(blank.as_uri(), width=900)
    browser.task(f"{(JIRA_RENDERER / 'renderer.js').read_text(encoding='utf-8')}; 1")
    return browser


def in_jira(jira: Browser, node: Any) -> list[tuple[str, str]]:
    jira.task(f"show({json.dumps(node)}); 1")
    return links_of(jira)


@needs_jira_renderer
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_jira_shows_a_drawn_document_as_text(jira: Browser, document: Document) -> None:
    node = adf(document)
    assert all(href.startswith(("https://", "http://")) for href, _ in in_jira(jira, node))
    shown = jira.task("document.body.innerText")
    assert flat(words(node["content"][:1] and node["content"][0]))[:40] in flat(shown)


@needs_jira_renderer
@pytest.mark.parametrize("first", range(0, len(HOSTILE), 6))
def test_jira_shows_the_ticket_and_its_comment_as_text(jira: Browser, cloud: Cloud, first: int) -> None:
    spite = visible(" ".join(HOSTILE[first : first + 6]))
    ctx = stored(spite)
    update = announced(bare_context(ctx))
    deliver(ctx, JiraChannel(), update)
    [issue] = cloud.sandbox.world["tickets"]["issues"].values()
    for node in (issue["fields"]["description"], comment(update)):
        links = in_jira(jira, node)
        assert [href for href, _ in links if any(host in href for host in THEIRS)] == []
        assert flat(spite)[:60] in flat(jira.task("document.body.innerText"))


@needs_jira_renderer
def test_jira_s_renderer_would_make_a_link_and_refuses_a_script(jira: Browser) -> None:
    """What the documents above are spared: a mark that we never write becomes a link, if its address may be one."""

    def marked(href: str) -> Any:
        text = {"type": "text", "text": "x", "marks": [{"type": "link", "attrs": {"href": href}}]}
        return {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [text]}]}

    assert in_jira(jira, marked("https://e.example/")) == [("https://e.example/", "x")]
    assert in_jira(jira, marked("javascript:document.title='ran'")) == []


def flat(text: str) -> str:
    return " ".join(text.split())

"""The law of every page: no text from outside becomes markup, in HTML, Markdown or a ticket."""

import base64
import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match

from responder.domain.update import is_link
from responder.integrations.jira.adf import adf, words
from responder.report.render.document import (
    Block,
    Bullets,
    Checkbox,
    Checklist,
    Code,
    Commands,
    Document,
    Linked,
    Moment,
    Paragraph,
    Picture,
    Section,
    Table,
    flat,
)
from responder.report.render.html import html, policy
from responder.report.render.markdown import FOLD, FOLD_END, markdown
from tests.support.skips import NODE_PACKAGES, needs_node

AT = datetime(2026, 6, 1, 14, 2, 11, tzinfo=UTC)
# What people and vendors write, and what somebody with an alert rule could write on purpose.
SPITE = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</title><svg onload=alert(1)>", "' onmouseover='x",
    "javascript:alert(1)", 'https://x.example/"><script>', "</style><script>", "<!--", "]]>", "&lt;b&gt;",
    "&#60;b&#62;",
    "`; rm", "[a](javascript:x)", "![x](http://e.example/p.png)", "# h", "\n# h", "> q", "1. x", "+ x",
    "| a | b |", "- [x] done", "\ud800",
    "\x00\x1b[31m", "\u202e", "<a href=//e.example>", "<!channel>", "*/}body{display:none}", "{{7*7}}", "```\n<b>",
)  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(SPITE), st.text(max_size=60), st.lists(st.sampled_from(SPITE), max_size=4).map(" ".join)
)
INLINES = st.one_of(TEXTS, st.builds(Code, TEXTS), st.builds(Linked, TEXTS, TEXTS))
LINES = st.lists(INLINES, min_size=1, max_size=3).map(tuple)
MOMENTS = st.builds(Moment, st.integers(0, 10**6).map(lambda s: AT + timedelta(seconds=s)), TEXTS)
BLOCKS: st.SearchStrategy[Block] = st.one_of(
    st.builds(Paragraph, LINES),
    st.builds(Bullets, st.lists(LINES, max_size=3).map(tuple)),
    st.builds(Commands, st.lists(TEXTS, max_size=3).map(tuple)),
    st.builds(Checklist, st.lists(st.builds(Checkbox, TEXTS, LINES, st.booleans()), max_size=3).map(tuple)),
    st.builds(Table, st.tuples(TEXTS, TEXTS), st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)),
    st.builds(Picture, TEXTS, st.lists(MOMENTS, max_size=4).map(tuple)),
)
DOCUMENTS = st.builds(
    Document,
    TEXTS,
    st.lists(st.tuples(TEXTS, LINES), max_size=2).map(tuple),
    st.lists(st.builds(Section, TEXTS, st.lists(BLOCKS, max_size=3).map(tuple), st.booleans()), max_size=3).map(tuple),
)

VOID = {"meta", "link", "line", "circle"}
ALLOWED = {
    "html": {"lang"}, "head": set(), "meta": {"charset", "http-equiv", "content", "name"}, "link": {"rel", "href"},
    "title": set(), "style": set(), "body": set(), "main": set(), "header": {"class"}, "h1": set(), "dl": set(),
    "dt": set(), "dd": set(), "section": set(), "h2": set(), "p": set(), "ul": {"class"}, "li": {"class"},
    "code": set(), "pre": set(), "a": {"href", "rel"}, "table": set(), "tr": set(), "td": set(), "th": set(),
    "details": set(), "summary": set(),
    "figure": set(), "footer": set(), "svg": {"viewbox", "role", "aria-label"}, "tspan": {"class", "dx"},
    "line": {"class", "x1", "x2", "y1", "y2"}, "circle": {"class", "cx", "cy", "r"}, "text": {"class", "x", "y"},
}  # fmt: skip


class Strict(HTMLParser):
    """Knows the page's own elements and attributes, wants each closed in order, and keeps what it read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.hrefs: list[str] = []
        self.texts: list[str] = []
        self.styles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        assert {name for name, _ in attrs} <= ALLOWED[tag], (tag, attrs)
        if tag == "a":
            self.hrefs += [str(value) for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    handle_startendtag = handle_starttag

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        (self.styles if self.open[-1:] == ["style"] else self.texts).append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def parsed(page: str) -> Strict:
    strict = Strict()
    strict.feed(page)
    strict.close()
    assert strict.open == []
    return strict


@given(DOCUMENTS, TEXTS)
def test_a_page_holds_only_its_own_elements_whatever_the_texts_say(document: Document, note: str) -> None:
    page = parsed(html(document, note=note, refresh_seconds=20))
    assert all(is_link(href) for href in page.hrefs)
    assert len(page.styles) == 1
    assert flat(document.title) in "".join(page.texts)
    html(document, note=note).encode("utf-8")


@given(DOCUMENTS)
def test_the_policy_names_the_style_that_is_there_and_lets_nothing_run(document: Document) -> None:
    (style,) = parsed(html(document, note="")).styles
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy().startswith(f"default-src 'none'; style-src 'sha256-{digest}';")
    assert "unsafe" not in policy()
    assert "script" not in policy()


@given(DOCUMENTS)
def test_markdown_has_no_html_no_foreign_link_and_no_line_of_its_own(document: Document) -> None:
    text = re.sub(r"(?m)^(`{3,})\n(?:.*\n)*?\1$", "", markdown(document))
    folded = sum(section.folded for section in document.sections)
    for ours in (FOLD, FOLD_END):
        assert text.splitlines().count(ours) == folded
        text = re.sub(f"(?m)^{re.escape(ours)}$", "", text)
    assert "<" not in text
    text = re.sub(r"(?<!\\)`[^`\n]*`", "code", text)
    for target in re.findall(r"(?<!\\)\]\(([^)]*)\)", text):
        assert is_link(target)
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert len(heads) == 1 + len(document.sections)


@given(DOCUMENTS)
def test_a_ticket_has_only_known_nodes_links_that_are_links_and_no_empty_text(document: Document) -> None:
    node = adf(document)
    for one in _nodes(node):
        assert one["type"] in {
            "doc", "heading", "paragraph", "text", "bulletList", "listItem", "taskList", "taskItem", "codeBlock",
            "expand",
        }  # fmt: skip
        if one["type"] == "text":
            assert one["text"]
            hrefs = [mark["attrs"]["href"] for mark in one.get("marks", []) if mark["type"] == "link"]
            assert all(is_link(href) for href in hrefs)
        if one["type"] in ("bulletList", "taskList", "listItem", "expand", "doc"):
            assert one["content"] or one["type"] == "doc"
    assert isinstance(words(node), str)


@needs_node
@given(DOCUMENTS)
def test_a_ticket_is_as_the_schema_of_jiras_own_editor_wants_it(document: Document) -> None:
    breach = best_match(_jiras_schema().iter_errors(adf(document)))
    assert breach is None, f"{list(breach.absolute_path)}: {breach.message}"


@needs_node
def test_that_schema_refuses_a_node_of_another_kind() -> None:
    spoilt = adf(Document("t", (), ())) | {"content": [{"type": "heading", "content": [{"type": "html", "text": "x"}]}]}
    assert not _jiras_schema().is_valid(spoilt)


@cache
def _jiras_schema() -> Draft4Validator:
    file = NODE_PACKAGES / "@atlaskit" / "adf-schema" / "dist" / "json-schema" / "v1" / "full.json"
    return Draft4Validator(json.loads(file.read_text("utf-8")))


def _nodes(node: Any) -> list[Any]:
    return [node, *(inner for child in node.get("content", []) for inner in _nodes(child))]

"""Mark-up in every text from outside: a real browser shows page and report, and nothing of it runs or loads."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from markdown_it import MarkdownIt

from responder.domain.clock import now
from responder.domain.finding import FindingStatus
from responder.domain.incident import IncidentStatus
from responder.domain.redact import visible
from responder.integrations.jira.channel import JiraChannel
from responder.notifications.context import bare_context
from responder.notifications.delivery import deliver
from responder.notifications.messages.compose import announced
from responder.report.signed_link import token_for
from tests.support.browser import Browser, open_browser
from tests.support.inprocess import PAGE_SECRET, Cloud
from tests.support.notifications import a_finding, an_action, context_at, recent
from tests.support.skips import needs_browser
from tests.unit.report.test_escaping import SPITE

pytestmark = needs_browser

ID = "pd-PABC123"
# Each would show that it ran in the title, or ask the network.
HOSTILE = (
    *SPITE,
    "<script>document.title='ran'</script>",
    "<img src=http://127.0.0.1:1/x onerror=\"document.title='ran'\">",
    "<svg/onload=\"document.title='ran'\">",
    "<iframe srcdoc=\"<script>parent.document.title='ran'</script>\">",
    '<link rel=stylesheet href="http://127.0.0.1:1/x.css">',
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:1/">',
    '<base href="http://127.0.0.1:1/">',
    "<style>body{background:url(http://127.0.0.1:1/x)}</style>",
    "<form action=http://127.0.0.1:1/><button autofocus onfocus=\"document.title='ran'\">",
    "</textarea></noscript></template><details open ontoggle=\"document.title='ran'\">",
    "<math><mtext><table><mglyph><style><img src=x onerror=\"document.title='ran'\">",
    "]]><![CDATA[<script>document.title='ran'</script>",
)
FOREIGN = (
    "script, img, iframe, object, embed, form, base, meta[http-equiv=refresh i], math, template, [onload], [onerror]"
)


# What our ticket is made of (docs/vendor-apis.md).
NODES = {
    *("doc", "heading", "paragraph", "text", "bulletList", "listItem", "codeBlock", "taskList", "taskItem", "expand"),
    *("table", "tableRow", "tableHeader", "tableCell"),
}


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


def stored(words: str, **changes: Any) -> Any:
    at = now()
    url = {"url": "javascript:document.title='ran'"}
    ctx = context_at(
        recent(ID, title=words, impact=words, reasons=(words,), announced_at=at, told_at=at, **(url | changes))
    )
    finding = a_finding("service_logs", FindingStatus.FAILED, words)
    ctx.table.keep_findings(ID, str(ctx.incident.evidence_run), [finding])
    ctx.table.keep_action(ID, "rotate", an_action("failed", words))
    ctx.record("note", words, key="note", actor=words[:80])
    return ctx


def nodes_of(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for one in node.get("content", []):
        yield from nodes_of(one)


def shown_harmless(browser: Browser, file: Path, page: str) -> str:
    """What a person reads on `page`; the policy of its header is left out here, so that escaping alone is judged."""
    meta = re.compile(r'<meta http-equiv="content-security-policy"[^>]*>', re.IGNORECASE)
    file.write_text(meta.sub("", page), encoding="utf-8")
    browser.show(file.as_uri(), width=390)
    read = str(
        browser.task("document.querySelectorAll('details').forEach(d => {d.open = true}), document.body.innerText")
    )
    assert browser.task("document.title") != "ran"
    assert browser.task(f"document.querySelectorAll({json.dumps(FOREIGN)}).length") == 0
    links = browser.task("[...document.querySelectorAll('a')].map(a => a.protocol)")
    assert set(links) <= {"https:", "http:", "file:", "mailto:"}
    assert [one for one in browser.requested() if not one.startswith("data:")] == [file.as_uri()]
    assert browser.complaints() == []
    return read


@pytest.mark.parametrize("part", range(0, len(HOSTILE), 6))
def test_page_and_report_show_it_as_text(cloud: Cloud, browser: Browser, tmp_path: Path, part: int) -> None:
    words = visible(" ".join(HOSTILE[part : part + 6]))
    stored(words)
    page = cloud.page(ID, token_for(ID, now() + timedelta(days=1), PAGE_SECRET))["body"]
    read = shown_harmless(browser, tmp_path / "page.html", page)
    assert " ".join(words.split())[:60] in " ".join(read.split())
    stored(words, status=IncidentStatus.RESOLVED, resolved_at=now())
    cloud.invoke("write_report", {"incident_id": ID, "execution_number": 1})
    read = shown_harmless(browser, tmp_path / "report.html", cloud.report(f"reports/{ID}.html"))
    assert " ".join(words.split())[:60] in " ".join(read.split())
    # GitHub and others show the other form of it as HTML, raw tags included.
    shown = MarkdownIt("commonmark").enable("table").render(cloud.report(f"reports/{ID}.md"))
    read = shown_harmless(browser, tmp_path / "markdown.html", shown)
    assert "ran" in read


def test_the_ticket_holds_it_as_text_nodes_only(cloud: Cloud) -> None:
    """Jira takes a document of nodes and makes the HTML; what could be mark-up there is a node or a mark."""
    ctx = stored(visible(" ".join(HOSTILE)))
    deliver(ctx, JiraChannel(), announced(bare_context(ctx)))
    [issue] = cloud.sandbox.world["tickets"]["issues"].values()
    nodes = list(nodes_of(issue["fields"]["description"]))
    assert {one["type"] for one in nodes} <= NODES
    marks = [mark for one in nodes for mark in one.get("marks", [])]
    assert {one["type"] for one in marks} <= {"code", "link"}
    links = [urlsplit(one["attrs"]["href"]) for one in marks if one["type"] == "link"]
    assert {one.scheme for one in links} <= {"https", "http"}
    assert not {one.hostname for one in links} & {"x.example", "e.example"}

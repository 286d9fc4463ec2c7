"""The incident page and the report as a browser shows them: under their policy, on a desk and on a phone."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from responder.config.runbook import packaged
from responder.domain.clock import now
from responder.domain.finding import FindingStatus
from responder.domain.incident import IncidentStatus
from responder.report.signed_link import token_for
from tests.support.browser import Browser, open_browser
from tests.support.inprocess import PAGE_SECRET, Cloud
from tests.support.notifications import a_finding, an_action, context_at, recent
from tests.support.skips import needs_browser

pytestmark = needs_browser

ID = "pd-PABC123"
SPITE = '<img src="http://127.0.0.1:1/x" onerror="document.title=1"><script>document.title=2</script>'
SIDEWAYS = "document.scrollingElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@contextmanager
def served(response: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The function's answer with its headers on an address of this machine; and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(response["statusCode"])
            for name, value in response["headers"].items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response["body"].encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/incidents/{ID}/page?token=t", asked
    finally:
        server.shutdown()
        server.server_close()


def an_answer(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    at = now() - timedelta(minutes=5)
    ctx = context_at(recent(title=f"Calls fail {SPITE}", announced_at=at, told_at=at, mitigated_at=at, **changes))
    ctx.table.pin_runbook(ID, _reloading_soon())
    long_word = "a" * 300
    finding = a_finding("twinmind_account", FindingStatus.FAILED, f"Our key is answered with 401. {long_word} {SPITE}")
    ctx.table.keep_findings(ID, "diagnosis-1-1", [finding])
    ctx.table.keep_action(ID, "rotate", an_action("promoted", "The standby key is in force."))
    ctx.record("note", f"Note added: {SPITE}", key="note")
    return cloud.page(ID, token_for(ID, now() + timedelta(days=1), PAGE_SECRET))


def _reloading_soon() -> Any:
    runbook = packaged()
    return runbook.model_copy(update={"page": runbook.page.model_copy(update={"refresh_seconds": 5})})


@pytest.mark.parametrize("width", [390, 1100])
def test_it_is_styled_runs_nothing_loads_nothing_and_never_scrolls_sideways(
    cloud: Cloud, browser: Browser, width: int
) -> None:
    with served(an_answer(cloud)) as (url, asked):
        browser.show(url, width=width)
        assert browser.task("getComputedStyle(document.querySelector('header')).borderLeftStyle") == "solid"
        assert browser.task(SIDEWAYS) <= 0
        assert browser.task("document.querySelectorAll('script, img, iframe, object, embed, form').length") == 0
        assert browser.task("document.title") == f"Calls fail {SPITE}"
        assert browser.task("document.querySelector('h1').innerText") == f"Calls fail {SPITE}"
        assert browser.complaints() == []
        assert [one for one in browser.requested() if not one.startswith("data:")] == [url]
        assert len(asked) == 1


def test_the_picture_can_be_read_on_a_phone(cloud: Cloud, browser: Browser) -> None:
    with served(an_answer(cloud)) as (url, _):
        browser.show(url, width=390)
        shown = browser.task("[...document.querySelectorAll('svg text')].map(t => t.getBoundingClientRect().height)")
        assert len(shown) >= 4
        assert min(shown) >= 11
        assert browser.task("document.querySelector('svg').getBoundingClientRect().right <= window.innerWidth") is True


def test_an_open_incident_s_page_loads_itself_anew_without_a_script(cloud: Cloud, browser: Browser) -> None:
    with served(an_answer(cloud)) as (url, asked):
        browser.show(url, width=390)
        deadline = time.monotonic() + 40
        while len(asked) < 2 and time.monotonic() < deadline:
            browser.task("1")
            time.sleep(0.2)
        assert asked[:2] == [asked[0]] * 2


def test_the_report_needs_nothing_but_itself(cloud: Cloud, browser: Browser, tmp_path: Any) -> None:
    an_answer(cloud, status=IncidentStatus.RESOLVED, resolved_at=now())
    cloud.invoke("write_report", {"incident_id": ID, "execution_number": 1})
    file = tmp_path / "report.html"
    file.write_text(cloud.report(f"reports/{ID}.html"), encoding="utf-8")
    browser.show(file.as_uri(), width=390)
    assert browser.task("getComputedStyle(document.querySelector('header')).borderLeftStyle") == "solid"
    assert browser.task(SIDEWAYS) <= 0
    assert browser.task("document.querySelectorAll('script, img').length") == 0
    assert browser.complaints() == []
    assert [one for one in browser.requested() if not one.startswith("data:")] == [file.as_uri()]

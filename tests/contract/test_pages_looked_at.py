"""Page and report as somebody sees them on a phone, also at night: readable by axe-core's rules, and never sideways."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, open_browser
from tests.support.notifications import a_world
from tests.support.pages import looked_at
from tests.support.skips import NODE_PACKAGES, needs_browser, needs_node

pytestmark = [needs_browser, needs_node]

SIDEWAYS = "document.scrollingElement.scrollWidth - window.innerWidth"
# Deque's rules for WCAG 2.2 AA and good practice; `impact` is minor, moderate, serious or critical.
AXE = """axe.run(document, {resultTypes: ["violations"]}).then(found => JSON.stringify(found.violations.map(
  one => [one.impact, one.id, one.nodes.slice(0, 3).map(node => node.html.slice(0, 120) + " " + node.failureSummary)])))
"""


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    with a_world() as cloud:
        return looked_at(cloud)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with open_browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.mark.parametrize("night", [False, True], ids=["day", "night"])
@pytest.mark.parametrize("name", ["long", "several", "hostile", "over", "report", "no-link"])
def test_it_is_readable_for_everybody(
    pages: dict[str, str], browser: Browser, tmp_path: Path, name: str, *, night: bool
) -> None:
    file = tmp_path / f"{name}.html"
    file.write_text(pages[name], encoding="utf-8")
    browser.show(file.as_uri(), width=390, night=night)
    assert browser.task(SIDEWAYS) <= 0
    browser.task("document.querySelectorAll('details').forEach(one => { one.open = true })")
    assert browser.task(SIDEWAYS) <= 0
    paper = "getComputedStyle(document.body).backgroundColor"
    assert (browser.task(paper) == "rgb(255, 255, 255)") is not night
    browser.task(f"{(NODE_PACKAGES / 'axe-core' / 'axe.min.js').read_text(encoding='utf-8')}; 1")
    assert json.loads(browser.task(AXE)) == []

"""What comments, messages and pages cite is in this repository: files, their headings, lines of the runbook, rules."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.support.inprocess import ROOT

FOLDERS = ("functions", "layers", "local", "tests", "statemachines", "events", "docs", "deploy", "requirements", ".ci")
KINDS = {".py", ".md", ".yaml", ".yml", ".json", ".toml", ".txt", ".css", ""}
# Where a name without a folder may be: at the top, among the documents, or beside whoever cites it.
SHELVES = (ROOT, ROOT / "docs")
CITED = re.compile(r"(?<![\w/*.{-])((?:[\w.-]+/|\.\./)*[\w-]+\.md)((?:(?:, )?#[\w-]+)*)(.?.?.?)")
# Any other file of ours, by its path from the top.
FILE = re.compile(rf"(?<![\w/.<*-])((?:{'|'.join(FOLDERS[:-1])})/[\w/.-]+\.(?:py|json|ya?ml|txt|css|toml))\b")
# What is named but is no page: what a run writes, and samples of names.
MADE = re.compile(r"report\.md|reports/[\w-]+\.md")
GONE = {
    "a section by its number": re.compile(r"\.md,? \d"),
    "a section by its words": re.compile(r'\.md,? (?:"|“)'),
    "a paper by its nickname": re.compile(
        r"\bfacts?[:,] [\w-]+\.md|\bfact sheets?\b|\bthe seed'?s?\b(?! of)|\bdesign rule\b"
    ),
    "a code that is listed nowhere": re.compile(r"(?<=[( ;,])C(?!90)\d{1,2}(?=[),.;: ])"),
    "a rule without its page": re.compile(r"\((?:design )?(?:rule|law) \d+|\(design[,)]|docs/design\b"),
    "a number alone": re.compile(
        r"(?:#|[a-z,;] )[^\n=]*\((?:facts? )?[1-8]\.\d(?:, [\w.]+)*\)\.?(?:\"\"\"|$)", re.MULTILINE
    ),
}


def files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in KINDS)
    for folder in FOLDERS:
        found = (
            path
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix in KINDS and "node_modules" not in path.parts
        )
        yield from (path for path in found if "__pycache__" not in path.parts)


@cache
def texts() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in files() if path != Path(__file__)}


@cache
def anchors(page: Path) -> frozenset[str]:
    """The headings of a page as its links name them, and its own marks."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = [
        re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    ]
    return frozenset(heads) | frozenset(re.findall(r'<a id="([\w-]+)">', text))


def unresolved(text: str, at: Path) -> Iterator[str]:
    """Each citation in `text`, which stands in the file `at`, that leads nowhere."""
    for name, marks, _ in CITED.findall(text):
        page = next((found for shelf in (at.parent, *SHELVES) if (found := shelf / name).is_file()), None)
        if page is None:
            yield from [] if MADE.fullmatch(name) else [name]
        else:
            yield from (f"{name}{mark}" for mark in re.findall(r"#[\w-]+", marks) if mark[1:] not in anchors(page))
    yield from (name for name in FILE.findall(text) if not (ROOT / name).exists())
    yield from (f"#{mark}" for mark in re.findall(r"\]\(#([\w-]+)\)", text) if mark not in anchors(at))
    yield from (
        f"S-{number}" for number in re.findall(r"\bS-(\d+)\b", text) if int(number) not in lines_of_the_runbook()
    )


@cache
def lines_of_the_runbook() -> frozenset[int]:
    page = (ROOT / "docs" / "runbook-coverage.md").read_text(encoding="utf-8")
    return frozenset(int(number) for number in re.findall(r"^\| S-(\d+) \|", page, re.MULTILINE))


def test_every_citation_resolves() -> None:
    lost = {str(path.relative_to(ROOT)): list(unresolved(text, path)) for path, text in texts().items()}
    assert {name: found for name, found in lost.items() if found} == {}


@pytest.mark.parametrize("what", GONE)
def test_nothing_is_cited_as(what: str) -> None:
    found = {str(path.relative_to(ROOT)): GONE[what].findall(text) for path, text in texts().items()}
    assert {name: hits for name, hits in found.items() if hits} == {}


@pytest.mark.parametrize(
    "text",
    [
        "see docs/nowhere.md",
        "(docs/twinmind.md#weather)",
        "runbook S-131",
        "as local/weather.py does",
        "[up](#no-such-heading)",
        "twinmind.md#keys, #moon",
    ],
)
def test_a_citation_that_leads_nowhere_is_found(text: str) -> None:
    assert list(unresolved(text, ROOT / "README.md"))


@pytest.mark.parametrize(
    "text", ["docs/twinmind.md#keys, #tiers", "twinmind.md", "S-1 to S-130", "[one](docs/deploy.md#1-build-and-deploy)"]
)
def test_a_citation_that_leads_somewhere_is_not(text: str) -> None:
    assert not list(unresolved(text, ROOT / "README.md"))


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a section by its number", "twinmind" + ".md 7.1"),
        ("a section by its words", 'docs/deploy.md, "Secrets"'),
        ("a paper by its nickname", "facts: engines.md"),
        ("a code that is listed nowhere", "asked first (C17)."),
        ("a rule without its page", "nothing on a guess (design rule 4)"),
        ("a number alone", 'in Unix seconds (2.2)."""'),
    ],
)
def test_what_is_gone_is_recognised(what: str, text: str) -> None:
    assert GONE[what].search(text)

"""What README and docs name exists: commands, files, states, settings, and the drawings are of what is there."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from local.diagram import diagram, drawings, overview, written_into
from responder.config.runbook import packaged, with_override
from tests.support import aws_cli, stack
from tests.support.inprocess import FUNCTIONS, ROOT, machine_definition

TEMPLATE = stack.source()
README = ROOT / "README.md"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("**/*.md")), ROOT / "local" / "README.md"]
TEXTS = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
LAYER = ROOT / "layers" / "responder" / "python"
ROOTS = (ROOT, LAYER, LAYER / "responder", ROOT / "tests")
MADE = (".local", ".venv", ".aws-sam", ".ministack")

every_page = pytest.mark.parametrize("name", TEXTS)


def blocks(text: str, *languages: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [block for language, block in found if language in languages]


def inline(text: str) -> list[str]:
    """Inline code outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def code(text: str) -> str:
    return "\n".join([*blocks(text, "sh", "bash", "console"), *inline(text)])


@pytest.mark.parametrize(("name", "mark"), drawings())
def test_each_drawing_is_of_what_is_there(name: str, mark: str) -> None:
    """Drawn anew by `python -m local.diagram`."""
    assert written_into(TEXTS[name], mark, drawings()[name, mark]) == TEXTS[name]


def test_the_picture_of_the_readme_has_about_eight_boxes() -> None:
    boxes = re.findall(r"^    b\d+\[", overview(machine_definition()), re.MULTILINE)
    assert 6 <= len(boxes) <= 9


def test_a_phase_of_a_state_that_is_gone_is_named() -> None:
    machine = machine_definition()
    del machine["States"]["WaitForApproval"]
    machine["States"] = json.loads(json.dumps(machine["States"]).replace('"WaitForApproval"', '"CheckRecovery"'))
    with pytest.raises(KeyError, match="WaitForApproval"):
        overview(machine)


def test_the_drawing_has_every_state_of_work_but_the_ways_of_failure() -> None:
    states = machine_definition()["States"]
    work = {name for name, state in states.items() if state["Type"] not in ("Choice", "Pass")}
    drawn = set(re.findall(r"\w+", diagram(machine_definition())))
    assert work - drawn == {"ReportFailure", "WorkflowFailed"}


@every_page
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", code(TEXTS[name]))) - targets == set()


def test_every_make_target_is_in_the_readme() -> None:
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert phony
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", code(TEXTS["README.md"])))
    assert set(phony[1].split()) - named == {"help"}


@every_page
def test_every_link_leads_somewhere(name: str) -> None:
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", TEXTS[name])]
    local = [link for link in links if link and "://" not in link]
    assert [link for link in local if not (ROOT / name).parent.joinpath(link).exists()] == []


@every_page
def test_every_file_and_module_exists(name: str) -> None:
    words = {word.split("::")[0] for span in code(TEXTS[name]).split("\n") for word in span.split()}
    tops = {path.name for root in ROOTS for path in root.iterdir()}
    paths = {
        word
        for word in words
        if "/" in word and word.split("/")[0] in tops and not word.startswith(MADE) and "<" not in word
    }
    paths |= {word for word in words if re.fullmatch(r"[a-z_]+\.(py|md|toml)", word)}
    modules = re.findall(r"-m (local\.\w+)", code(TEXTS[name]))
    paths |= {path if (ROOT / path).is_dir() else f"{path}.py" for path in (one.replace(".", "/") for one in modules)}
    assert {path for path in paths if not any((root / path).exists() for root in ROOTS)} == set()


@every_page
def test_every_name_in_camel_case_is_one_of_ours(name: str) -> None:
    known = {*machine_definition()["States"], *re.findall(r"\w+", (ROOT / "template.yaml").read_text(encoding="utf-8"))}
    # Names of AWS and SAM.
    known |= {"RotateSecret", "BuildMethod"}
    known |= {"AudioFormatError", "TranscriptionError", "DiarizationError", "GenerationError"}  # of TwinMind's client
    words = {word for word in inline(TEXTS[name]) if re.fullmatch(r"(?:[A-Z][a-z]+){2,}", word)}
    assert words - known == set()


@every_page
def test_every_function_exists(name: str) -> None:
    verbs = {function.split("_")[0] for function in FUNCTIONS}
    words = {word for word in inline(TEXTS[name]) if re.fullmatch(r"[a-z]+_[a-z_]+", word)}
    named = {word for word in words if word.split("_")[0] in verbs - {"open", "rotate", "restart", "read"}}
    assert named - set(FUNCTIONS) - {"report_failure", "incident_key"} == set()


@every_page
def test_every_setting_of_the_runbook_exists(name: str) -> None:
    whole = packaged().model_dump(mode="json")
    words = [word.split(":")[0] for word in inline(TEXTS[name])]
    places = [word.split(".") for word in words if re.fullmatch(r"[a-z_.]+", word) and "." in word]
    ours = [place for place in places if place[0] in whole]
    assert [place for place in ours if not has(whole, place)] == []


def has(tree: Any, place: list[str]) -> bool:
    return not place or (isinstance(tree, dict) and place[0] in tree and has(tree[place[0]], place[1:]))


def _overrides(text: str) -> list[str]:
    """The samples of an override: its own blocks, and `section: {…}` within a sentence."""
    within = [word for word in inline(text) if re.fullmatch(r"[a-z_]+: \{.*\}", word)]
    sections = packaged().model_dump()
    return [*blocks(text, "yaml"), *(word for word in within if word.split(":")[0] in sections)]


def test_every_sample_of_an_override_is_valid_and_changes_something() -> None:
    samples = [sample for text in TEXTS.values() for sample in _overrides(text)]
    assert len(samples) >= 6
    assert [sample for sample in samples if with_override(sample) == packaged()] == []


@every_page
def test_the_outputs_that_commands_ask_for_exist(name: str) -> None:
    asked = re.findall(r"\$\(out (\w+)\)|^put ([A-Z]\w+)", code(TEXTS[name]), re.MULTILINE)
    assert {one or other for one, other in asked} - set(TEMPLATE["Outputs"]) == set()


@every_page
def test_every_aws_command_works_with_both_versions_of_the_cli(name: str) -> None:
    found = aws_cli.commands("\n".join(blocks(TEXTS[name], "sh", "bash")))
    assert [fault for command in found for fault in aws_cli.faults(command)] == []


def test_the_json_of_the_pages_is_json() -> None:
    shown = [block for text in TEXTS.values() for block in blocks(text, "json")]
    shown += [word for text in TEXTS.values() for word in _inputs(text)]
    assert shown
    assert [text for text in shown if not isinstance(json.loads(text), dict)] == []


def _inputs(text: str) -> Iterator[str]:
    """What the commands carry in single quotes."""
    for block in blocks(text, "bash", "sh"):
        yield from re.findall(r"'(\{\".*?\})'", block, re.DOTALL)


def test_the_pages_name_no_machine() -> None:
    places = r"/(?:home|Users|work|root)/"
    assert [name for name, text in TEXTS.items() if re.search(places, text)] == []


def test_the_readme_is_short_and_the_drill_is_on_its_first_screen() -> None:
    lines = TEXTS["README.md"].splitlines()
    assert len(lines) <= 150
    assert next(number for number, line in enumerate(lines) if line.startswith("make drill")) < 25


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("docs/tasks/") or name == "docs/deploy.md"])
def test_a_task_is_on_one_screen(name: str) -> None:
    assert len(TEXTS[name].splitlines()) <= 50


@pytest.mark.parametrize("name", [name for name in TEXTS if name.startswith("docs/tasks/")])
def test_a_task_is_told_in_short_sentences(name: str) -> None:
    """Words of a sentence outside of code and tables: at most 15 on average, and 40 in one."""
    prose = re.sub(r"```.*?```|^[|#].*?$", "", TEXTS[name], flags=re.DOTALL | re.MULTILINE)
    words = [len(one.split()) for one in re.split(r"(?<=[.!?:])\s+|\n\s*[-\d][.)]?\s|\n\n", prose) if one.strip()]
    assert sum(words) / len(words) <= 15
    assert max(words) <= 40


def test_every_page_is_found_from_the_index() -> None:
    linked = set(re.findall(r"\]\(([\w./-]+\.md)", TEXTS["docs/README.md"]))
    pages = {name.removeprefix("docs/") for name in TEXTS if name.startswith("docs/") and "/adr/" not in name}
    assert pages - linked == {"README.md"}


@every_page
def test_an_override_of_any_length_can_be_put(name: str) -> None:
    """More than 4,096 characters need another tier, and each call says which one (Systems Manager, PutParameter)."""
    lines = code(TEXTS[name]).replace("\\\n", " ").splitlines()
    named = [(line, found[1]) for line in lines if (found := re.search(r"put-parameter --name (\"[^\"]+\"|\S+)", line))]
    # A word; and flags, which take at most 4,096 bytes (responder.domain.service_flags).
    longer = [line for line, parameter in named if not re.search(r"/stop$|(?i:service.?flags)", parameter)]
    assert [line for line in longer if "--tier Intelligent-Tiering" not in line] == []


def test_every_decision_record_is_listed_under_its_number() -> None:
    records = sorted(name.removeprefix("docs/adr/") for name in TEXTS if name.startswith("docs/adr/"))
    titles = [TEXTS[f"docs/adr/{name}"].splitlines()[0].removeprefix("# ") for name in records]
    listed = re.findall(r"^- \[(.+)\]\(adr/([\w.-]+)\)$", TEXTS["docs/decisions.md"], re.MULTILINE)
    assert listed == list(zip(titles, records, strict=True))
    numbers = [(name.split("-")[0], title.split(".")[0]) for name, title in zip(records, titles, strict=True)]
    assert numbers == [(f"{at:04d}", str(at)) for at in range(1, len(records) + 1)]


def test_make_conformance_names_files_that_are_there() -> None:
    text = re.sub(r"\\\n", " ", (ROOT / "Makefile").read_text(encoding="utf-8"))
    named = re.search(r"^RECORDED_FROM := (.*)", text, re.MULTILINE)
    assert named
    patterns = re.findall(r"\$\(patsubst %,(\S+?),([\w ]+)\)", named[1])
    files = [ROOT / pattern.replace("%", name) for pattern, names in patterns for name in names.split()]
    assert len(files) > 5
    assert [file for file in files if not file.is_file()] == []

"""What a public repository needs, and that it does what it says: licence, workflow, updates, hooks."""

import re
import tomllib
from typing import Any

import pytest
import yaml

from tests.support.inprocess import ROOT

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
REQUIREMENTS = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "layers" / "dependencies" / "requirements.txt"]


def yaml_of(name: str) -> dict[str, Any]:
    found = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_licence_is_the_one_that_the_project_names() -> None:
    assert PYPROJECT["project"]["license"] == "MIT"
    (file,) = PYPROJECT["project"]["license-files"]
    assert (ROOT / file).read_text(encoding="utf-8").startswith("MIT License")


def test_the_workflow_runs_what_everybody_runs_with_actions_that_cannot_change() -> None:
    jobs = yaml_of(".github/workflows/ci.yml")["jobs"]
    steps = [step for job in jobs.values() for step in job["steps"]]
    assert {".ci/run", "make check"} <= {step.get("run") for step in steps}
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert [one for one in used if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", one)] == []


def test_every_folder_with_requirements_is_updated() -> None:
    updates = yaml_of(".github/dependabot.yml")["updates"]
    asked = {one["directory"] for one in updates if one["package-ecosystem"] == "pip"}
    assert asked == {f"/{path.parent.relative_to(ROOT)}" for path in REQUIREMENTS}
    npm = {one["directory"] for one in updates if one["package-ecosystem"] == "npm"}
    ours = [path for folder in ("local", "tests") for path in (ROOT / folder).rglob("package.json")]
    ours = [path for path in ours if "node_modules" not in path.parts]
    assert npm == {f"/{path.parent.relative_to(ROOT)}" for path in ours}
    assert "github-actions" in {one["package-ecosystem"] for one in updates}


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_requirement_is_pinned(path: Any) -> None:
    lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    wanted = [line for line in lines if line and not line.startswith("-r ")]
    assert [line for line in wanted if not re.fullmatch(r"[\w.-]+(\[[\w,-]+\])?==\S+", line)] == []


def test_every_hook_is_local_and_its_program_pinned() -> None:
    (repo,) = yaml_of(".pre-commit-config.yaml")["repos"]
    assert repo["repo"] == "local"
    for hook in repo["hooks"]:
        pinned = all("==" in one for one in hook.get("additional_dependencies", []))
        assert pinned, hook["id"]
        assert hook["language"] == "python" or hook["entry"].startswith(".venv/bin/"), hook["id"]


def test_a_function_parses_calls_and_returns() -> None:
    """More than about 60 lines is domain logic, which belongs in the layer."""
    long = {
        path.parent.name: len(path.read_text(encoding="utf-8").splitlines()) for path in ROOT.glob("functions/*/app.py")
    }
    assert {name: lines for name, lines in long.items() if lines > 65} == {}


def test_every_program_of_a_make_target_runs_so_that_an_interruption_shows_no_traceback() -> None:
    """local/interruptible; `.ci/first-hour` interrupts them all. What only asks for a version is quiet by itself."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", "")
    recipes = re.findall(r"^\t(.*)", makefile, re.MULTILINE)
    programs = [line for line in recipes if re.search(r"\$\(DEV\)/| -m \w", line)]
    assert programs
    assert [line for line in programs if "interruptible" not in line] == []


def test_the_page_on_security_names_every_file_of_attacks() -> None:
    named = set(re.findall(r"`tests/attack/(test_\w+)\.py`", (ROOT / "SECURITY.md").read_text(encoding="utf-8")))
    assert named == {path.stem for path in (ROOT / "tests" / "attack").glob("test_*.py")}

"""`make sam-local` in containers: every command of docs/sam-local.md answers as that page says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.paths import ROOT
from tests.support.skips import needs_lambda_image

RUNTIME = "python3.13"
GUIDE = (ROOT / "docs" / "sam-local.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(sam local invoke .+?)` \| `(.+?)`", GUIDE, re.MULTILINE)
COPIED = ("docs", "events", "functions", "layers", "local", "statemachines", "samconfig.toml", "template.yaml")


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project, after `make sam-local`."""
    copy = tmp_path_factory.mktemp("sam-local") / "a folder with blanks"
    copy.mkdir()
    for name in COPIED:
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, copy / name)
    for name in (".venv", ".ministack"):
        (copy / name).symlink_to((ROOT / name).resolve())
    try:
        made = _run(copy, sys.executable, "-m", "local", "sam_local", RUNTIME)
        assert made.returncode == 0, made.stderr
        yield copy
    finally:
        _run(copy, sys.executable, "-m", "local", "stop")


def _run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"layers/responder/python:{folder}"
    settings = {"PATH": f"{folder}/.venv/bin:/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": path}
    settings |= {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
    return subprocess.run(
        command, cwd=folder, env=settings | {"SAM_CLI_TELEMETRY": "0"}, capture_output=True, text=True, check=False
    )


def test_every_function_has_its_command() -> None:
    functions = {path.parent.name for path in (ROOT / "functions").glob("*/app.py")}
    assert {Path(command.rsplit("/", 1)[-1]).stem for command, _ in ROWS} == functions


@needs_lambda_image
def test_the_commands_answer_as_documented(ready: Path) -> None:
    """In the page's order: each finds what those before it left."""
    others = []
    for command, documented in ROWS:
        done = _run(ready, *shlex.split(command))
        answer = done.stdout.strip().rpartition("\n")[2]
        pattern = re.escape(documented.rstrip("…, ")).replace("…", ".*")
        if not re.match(pattern, answer):
            others += [command, f"documented: {documented}", f"answered: {answer or done.stderr[-600:]}"]
    assert not others, "\n".join(others)

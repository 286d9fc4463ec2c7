"""The few words that names must not use, because other projects have a common word for the same thing.

`python -m local.check_names`, part of `make check`. Names of files, classes, functions, parameters, variables and
fields are split into their words; text for people is not looked at.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDERS = ("functions", "layers", "local", "tests")

# The word → what to say in its place.
BANNED = {
    "desk": "context",
    "heard": "upstream activity",
    "unsaid": "pending upstream activity",
    "lever": "service flag",
    "levers": "service flags",
    "ledger": "run log",
    "wish": "desired values",
    "rung": "poll interval, escalation level",
    "steering": "next step",
    "telling": "notify, record",
    "speaker": "owner",
    "heir": "successor",
    "whisper": "ephemeral reply",
    "vouched": "verified",
    "hasty": "short time-out",
    "patient": "long time-out",
    "brisk": "short time-out",
    "anothers": "of another incident",
    "leash": "child process",
    "doable": "runnable",
    "asks": "human tasks",
    "generation": "execution number",
    "generations": "execution numbers",
}


def banned_words(name: str) -> list[str]:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return [word.lower() for word in words if word.lower() in BANNED]


def names(path: Path) -> Iterator[tuple[int, str]]:
    """Every name that the file defines, with its line."""
    yield 1, path.stem
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.ClassDef(name=name, lineno=line):
                yield line, name
            case ast.FunctionDef(name=name, lineno=line) | ast.AsyncFunctionDef(name=name, lineno=line):
                # A test is named by a sentence about what people see.
                if not name.startswith("test_"):
                    yield line, name
            case ast.arg(arg=name, lineno=line) | ast.Name(id=name, ctx=ast.Store(), lineno=line):
                yield line, name


def findings(root: Path) -> list[str]:
    files = sorted(path for folder in FOLDERS for path in (root / folder).rglob("*.py"))
    return [
        f"{path.relative_to(root)}:{line}: {name}: not {word!r} but {BANNED[word]!r}"
        for path in files
        for line, name in names(path)
        for word in banned_words(name)
    ]


if __name__ == "__main__":
    found = findings(ROOT)
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)

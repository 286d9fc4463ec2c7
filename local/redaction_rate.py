"""`python -m local.redaction_rate PATH…`: how many lines of normal text the redaction changes, and which words.

For texts that hold no credential, such as public logs or vendors' sample payloads: each changed line is a false alarm.
Folders are read with all their files. Nothing is written or sent.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from responder.domain.redact import redact
from responder.domain.secret_fields import MASK

SHOWN = 20


def changed(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Each line that redaction changes, before and after; blank lines do not count."""
    for line in lines:
        if line.strip() and (after := redact(line)) != line:
            yield line, after


def texts(path: Path) -> Iterator[Path]:
    yield from sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    total, masked = 0, 0
    for path in map(Path, arguments):
        for file in texts(path):
            lines = [line for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
            found = list(changed(lines))
            total, masked = total + len(lines), masked + len(found)
            for _, after in found[:SHOWN]:
                print(f"{file.name}: {after.strip()[max(0, after.strip().find(MASK) - 60) :][:140]}")
    print(f"{masked} of {total} lines changed ({masked / max(1, total):.3%})")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

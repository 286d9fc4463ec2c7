"""`python3 -m local install FOLDER REQUIREMENTS…`: a virtual environment with the first file's packages, whole or none.

Standard library only, because nothing is installed yet. An interrupted environment is made again from the start: it
may lack pip, and pip takes half a package for a whole one.
"""

import os
import sys
from pathlib import Path

from local.paths import LocalCloudError, alone
from local.process import run

PIP = ("-m", "pip", "install", "--quiet", "--quiet", "--disable-pip-version-check", "--no-input", "--requirement")


def install(folder: Path, requirements: list[Path]) -> bool:
    """Whether there was anything to do. Raises LocalCloudError if it fails."""
    ready = folder / ".ready"
    with alone(folder.resolve(), "another make installs here"):
        whole = ready.exists() and _version(folder) == sys.version_info[:2]
        if whole and ready.stat().st_mtime >= max(file.stat().st_mtime for file in requirements):
            return False
        print(f"installing {requirements[0]} into {folder} (about 40 s the first time)", flush=True)
        if not whole and folder.is_symlink():
            raise LocalCloudError(f"{folder} is a link: run make setup in {folder.resolve().parent}, which owns it")
        ready.unlink(missing_ok=True)
        if not whole:
            _do(sys.executable, "-m", "venv", "--clear", str(folder))
        _do(str(folder / "bin" / "python"), *PIP, str(requirements[0]))
        ready.touch()
    return True


def _version(folder: Path) -> tuple[int, ...]:
    """The version of the Python that made it."""
    lines = (folder / "pyvenv.cfg").read_text(encoding="utf-8").splitlines()
    found = dict(line.split(" = ", 1) for line in lines if " = " in line)
    return tuple(int(part) for part in found["version"].split(".")[:2])


def _do(*command: str) -> None:
    code, _ = run(command, os.environ, quiet=False)
    if code:
        raise LocalCloudError("That failed; see its output above. To start over: make clean setup")


def main() -> int:
    try:
        install(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

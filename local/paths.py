"""Where the local cloud keeps its things, and the environment that its programs get."""

import fcntl
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
REGION = "us-east-1"


class LocalCloudError(Exception):
    """Starting or deploying failed; the text says what to do, so that no traceback is needed."""


@dataclass(frozen=True)
class Home:
    """The folder of one local cloud: `.local` for a person; a temporary one, ending with the test run, for tests."""

    directory: Path
    is_temporary: bool = False

    @property
    def stack_file(self) -> Path:
        return self.directory / "stack.json"

    @property
    def world_file(self) -> Path:
        """The sandbox's first world, with its keys; removed with the cloud."""
        return self.directory / "world.json"

    @property
    def sam_local_variables(self) -> Path:
        """A function's variables in a container (samconfig.toml, sam-local)."""
        return self.directory / "sam-local-variables.json"

    @property
    def sam_local_parameters(self) -> Path:
        return self.directory / "sam-local-parameters.yaml"

    @property
    def kept(self) -> Path:
        """The texts that each drill left for people; they stay after the cloud has stopped."""
        return self.directory / "drills"

    @property
    def scratch(self) -> Path:
        return self.directory / "tmp"

    def read_stack(self) -> dict[str, Any] | None:
        if not self.stack_file.exists():
            return None
        stack: dict[str, Any] = json.loads(self.stack_file.read_text(encoding="utf-8"))
        return stack

    def write_stack(self, stack: dict[str, Any]) -> None:
        unfinished = self.stack_file.with_suffix(".new")
        unfinished.write_text(json.dumps(stack, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(self.stack_file)


@contextmanager
def alone(folder: Path, otherwise: str) -> Iterator[None]:
    """Only one command at a time does this in one folder; a second one says what it waits for. Leaves no file."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting: {otherwise}", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def environment(**more: str) -> dict[str, str]:
    """The user's environment without any AWS setting: nothing here may ever reach an AWS account."""
    # The flags of the make that we run under would reach the make that builds a layer.
    unwanted = ("AWS_", "SAM_", "PYTHONPATH", "MAKE", "MFLAGS")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return clean | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        **more,
    }


def tool(name: str) -> str:
    """A program of the environment that runs this, whatever PATH says."""
    return str(Path(sys.executable).parent / name)

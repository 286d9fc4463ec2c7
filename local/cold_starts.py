"""What a cold start of a function costs, beside boto3 with one client: up to a handler that can be called, on Lambda:
with bytecode and credentials, and no package but the runtime's own and the layer's.

Counted is the CPU of a whole process, on both sides: the start and the end of the interpreter count as well. "with one
client" also makes a client, as the handler's first call does; no call to AWS is made. It has no goal: our own classes,
pydantic and Powertools are then the difference to boto3, and a function that is kept warm pays it rarely.
"""

import re
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPEATS = 15
# On the way from the alert to the first message.
FIRST_MINUTES = (
    "receive_webhook",
    "route_alert",
    "open_incident",
    "run_diagnostics",
    "classify_incident",
    "announce_incident",
)
# What Lambda's runtime brings: boto3 with what it needs.
RUNTIME = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
BOTO3 = "import boto3; boto3.client('dynamodb')"
CLIENT = "from responder.aws.clients import client; client('dynamodb')"


@contextmanager
def as_on_lambda() -> Iterator[Path]:
    """A folder with what Lambda mounts: the runtime's packages, the layers, the functions; ours with bytecode."""
    with tempfile.TemporaryDirectory(prefix="cold-start-") as name:
        folder = Path(name)
        for package in (*RUNTIME, *_pinned()):
            for file in distribution(package).files or ():
                place = folder / file.parts[0]
                if not (place.exists() or file.parts[0].endswith((".dist-info", "__pycache__", ".."))):
                    place.symlink_to(Path(str(distribution(package).locate_file(file.parts[0]))))
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "layers/responder/python/responder", folder / "responder", ignore=unwanted)
        shutil.copytree(ROOT / "functions", folder / "functions", ignore=unwanted)
        compiled = (sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", name)
        subprocess.run(compiled, check=True)
        yield folder


def _pinned() -> list[str]:
    text = (ROOT / "layers/dependencies/requirements.txt").read_text(encoding="utf-8")
    return re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)


def run(folder: Path, code: str) -> str:
    """Its output."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"
    # Lambda sets these. Without credentials both sides would ask the metadata service of a machine for some, and wait.
    env = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    done = subprocess.run([sys.executable, "-ISBc", code], check=True, env=env, capture_output=True, text=True)
    return done.stdout


def seconds(folder: Path, code: str) -> float:
    """Of CPU, to the microsecond."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(folder, code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratios() -> Iterator[tuple[str, list[float]]]:
    """What was started, and how many times as much as boto3 with one client it cost, measured side by side."""
    with as_on_lambda() as folder:
        for handler in FIRST_MINUTES:
            imported = f"import functions.{handler}.app"
            codes = {"imported": imported, "with one client": f"{imported}; {CLIENT}"}
            # In turns, so that a neighbour's load falls on all of them.
            rounds = [[seconds(folder, code) for code in (BOTO3, *codes.values())] for _ in range(REPEATS)]
            for place, what in enumerate(codes, start=1):
                yield f"{handler}, {what}", [took[place] / took[0] for took in rounds]

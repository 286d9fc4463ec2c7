"""What a cold start of a function costs until its handler can be called, compared with boto3 and one client. Conditions
are as on Lambda: bytecode, credentials, and only the packages of the runtime and of the layer.

The CPU time of the whole process counts on both sides, with the interpreter's start and end. "with one client" also
makes a client, as the handler's first call does, but no call to AWS. It has no goal: our own classes, pydantic and
Powertools are then the difference to boto3, and a function that is kept warm rarely pays for it.
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
# The packages of Lambda's runtime: boto3 and what it needs.
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
    """The output of `code`."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); {code}"
    # Lambda sets these. Without credentials both sides would ask the metadata service of a machine for some, and wait.
    env = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
    done = subprocess.run([sys.executable, "-ISBc", code], check=True, env=env, capture_output=True, text=True)
    return done.stdout


def seconds(folder: Path, code: str) -> float:
    """The CPU time, to the microsecond."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(folder, code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ratios() -> Iterator[tuple[str, list[float]]]:
    """By what was started: its cost as a multiple of boto3 with one client, measured side by side."""
    with as_on_lambda() as folder:
        for handler in FIRST_MINUTES:
            imported = f"import functions.{handler}.app"
            codes = {"imported": imported, "with one client": f"{imported}; {CLIENT}"}
            # In turns, so that other load on the machine falls on all of them.
            rounds = [[seconds(folder, code) for code in (BOTO3, *codes.values())] for _ in range(REPEATS)]
            for place, what in enumerate(codes, start=1):
                yield f"{handler}, {what}", [took[place] / took[0] for took in rounds]

"""`responder` in a process of its own, as it is mistyped: a sentence and an exit code, no traceback and no key."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def outside(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, which has no AWS, as on a new engineer's machine."""
    clean = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"}
    clean["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-m", "responder_cli", *words]
    return subprocess.run(
        command, env=clean | environment, input="", capture_output=True, text=True, check=False, timeout=60
    )


KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
# Of a key's shape, and plainly none.
A_KEY = f"tm_sk_{'example' * 3}"
# What is typed, the exit code, and what it is told.
MISTAKES: dict[str, tuple[tuple[str, ...], dict[str, str], int, str]] = {
    "a mistyped command": (("docter",), {}, 2, "Did you mean doctor?"),
    "no command": (("launch",), {}, 2, "There are: configure, doctor, test-incident"),
    "a mistyped command of incidents": (("--stack", "x", "incidents", "lst"), {}, 2, "Did you mean list?"),
    "a mistyped option": (("--stak", "x", "doctor"), {}, 2, "--stack"),
    "no stack": (("doctor",), {}, 2, "name the stack"),
    "two stacks": (("--local", "--stack", "x", "doctor"), {}, 2, "leave one out"),
    "no region": (("--stack", "x", "doctor"), KEYS, 3, "name it with --region"),
    "no credentials": (("--stack", "x", "--region", "eu-west-1", "doctor"), {}, 3, "sign in anew"),
    "an unknown profile": (("--stack", "x", "--profile", "none", "doctor"), {}, 3, "aws configure list-profiles"),
    "an unreachable AWS": (
        ("--stack", "x", "--region", "eu-west-1", "doctor"),
        KEYS | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
        3,
        "look at the region's name and your network",
    ),
    "no local cloud": (("--local", "doctor"), {}, 3, "start it with `make up`"),
    "an unknown status": (("--stack", "x", "incidents", "list", "--status", "shut"), {}, 2, "'handed_over'"),
    "no incident named": (("--stack", "x", "incidents", "show"), {}, 2, "Missing argument 'INCIDENT_ID'"),
    "an unknown part": (("--stack", "x", "configure", "slak"), {}, 2, "'slack'"),
    "an unknown severity": (("--stack", "x", "test-incident", "--severity", "P9"), {}, 2, "'P4'"),
    "too little time": (("--stack", "x", "test-incident", "--seconds", "0"), {}, 2, "x>=10"),
    "a month in words": (("--stack", "x", "vendor-report", "--month", "May"), {}, 2, "does not match the format"),
    "a key as an argument": (("--stack", "x", "stage-key", A_KEY), {}, 2, "[redacted]"),
    "nothing on standard input": (("--stack", "x", "stage-key"), {}, 3, "no TwinMind key was given"),
    "a terminal without our signs": (("-h",), {"PYTHONIOENCODING": "ascii"}, 0, "doctor"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_a_sentence(mistake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    words, environment, code, said = MISTAKES[mistake]
    done = outside(*words, **environment)
    shown = done.stdout + done.stderr
    assert (done.returncode, said in shown) == (code, True), shown
    assert "Traceback" not in shown
    assert "tm_sk_" not in shown
    assert shown.count("Did you mean") <= 1
    assert code == 0 or done.stdout == ""

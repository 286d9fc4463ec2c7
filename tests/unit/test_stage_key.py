"""Staging a standby key, by the tool and by the line for bash: added to the list, and no other key is lost."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from responder.notifications.messages.stage_key import adding_command, how_to_stage
from responder_cli.stage_key import added, stage
from responder_cli.target import CannotError
from tests.support.inprocess import REGION

ID = "standby-keys"
FAKE_AWS = """#!{python}
import pathlib, sys
kept, log = pathlib.Path("kept"), pathlib.Path("log")
log.write_text((log.read_text() if log.exists() else "") + " ".join(sys.argv[1:]) + "\\n")
if "get-secret-value" in sys.argv:
    sys.exit(254) if not kept.exists() else print(kept.read_text())
elif "put-secret-value" in sys.argv:
    text = sys.stdin.read()
    sys.exit(252) if not text.strip() else kept.write_text(text)
else:
    print("the-id")
"""


@pytest.fixture
def secrets() -> Iterator[Any]:
    with mock_aws():
        client: Any = boto3.client("secretsmanager", region_name=REGION)
        client.create_secret(Name=ID)
        yield client


def keys(secrets: Any) -> list[str]:
    text = secrets.get_secret_value(SecretId=ID, VersionStage="AWSCURRENT")["SecretString"]
    found: list[str] = json.loads(text)["keys"]
    return found


def test_the_first_key_and_the_next_ones_are_added(secrets: Any) -> None:
    assert [stage(secrets, ID, key) for key in ("tm_sk_a", "tm_sk_b", "tm_sk_c")] == [1, 2, 3]
    assert keys(secrets) == ["tm_sk_a", "tm_sk_b", "tm_sk_c"]


def test_what_is_beside_the_list_stays() -> None:
    assert json.loads(added('{"note": "ours", "keys": ["tm_sk_a"]}', "tm_sk_b")) == {
        "note": "ours",
        "keys": ["tm_sk_a", "tm_sk_b"],
    }


@pytest.mark.parametrize("text", ["tm_sk_plain", "[]", '{"key": "x"}', '{"keys": "x"}'])
def test_what_is_no_list_is_never_replaced(text: str) -> None:
    with pytest.raises(CannotError, match="mend it by hand"):
        added(text, "tm_sk_b")


def test_a_key_is_staged_once(secrets: Any) -> None:
    stage(secrets, ID, "tm_sk_a")
    with pytest.raises(CannotError, match="already"):
        stage(secrets, ID, "tm_sk_a")


class Racing:
    """Somebody else stages a key between our read and our write, or right after our write."""

    def __init__(self, real: Any, theirs: str, *, after: bool) -> None:
        self.real, self.theirs, self.after, self.left = real, theirs, after, 1
        self.exceptions = real.exceptions

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def put_secret_value(self, **request: Any) -> Any:
        before = keys(self.real)
        if self.left and not self.after:
            self._cut_in(before)
        answer = self.real.put_secret_value(**request)
        if self.left and self.after:
            self._cut_in(before)
        return answer

    def _cut_in(self, ground: list[str]) -> None:
        self.left -= 1
        self.real.put_secret_value(SecretId=ID, SecretString=json.dumps({"keys": [*ground, self.theirs]}))


@pytest.mark.parametrize("after", [False, True])
def test_two_people_who_stage_at_once_lose_no_key(secrets: Any, after: bool) -> None:
    stage(secrets, ID, "tm_sk_a")
    stage(Racing(secrets, "tm_sk_theirs", after=after), ID, "tm_sk_mine")
    assert sorted(keys(secrets)) == ["tm_sk_a", "tm_sk_mine", "tm_sk_theirs"]


def bash(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    tool = folder / "aws"
    tool.write_text(FAKE_AWS.format(python=sys.executable))
    tool.chmod(0o755)
    environment = {"PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        ["/bin/bash", "-c", line],
        input="tm_sk_new\n",
        text=True,
        capture_output=True,
        env=environment,
        cwd=folder,
        check=False,
    )


def test_the_line_for_bash_adds_and_shows_the_key_nowhere(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text('{"keys": ["tm_sk_a"]}')
    done = bash(adding_command("standby"), tmp_path)
    assert json.loads((tmp_path / "kept").read_text()) == {"keys": ["tm_sk_a", "tm_sk_new"]}
    assert "tm_sk_" not in done.stdout + done.stderr + (tmp_path / "log").read_text()


def test_the_whole_line_of_the_message_finds_the_secret(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text('{"keys": []}')
    _, line = how_to_stage("responder", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:the-id-dcf62f").split(
        "CLI\n"
    )
    bash(line, tmp_path)
    assert json.loads((tmp_path / "kept").read_text()) == {"keys": ["tm_sk_new"]}
    assert "put-secret-value --secret-id the-id" in (tmp_path / "log").read_text()


def test_a_list_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    bash(adding_command("standby"), tmp_path)
    assert not (tmp_path / "kept").exists()

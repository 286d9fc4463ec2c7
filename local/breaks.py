"""`make breaks`: puts ten faults into a copy of the tree, one after the other, and says which test fails for each.

The tests pass in the untouched copy first. A text that is not found exactly once, or a test that still passes, fails
the command: either a guard is gone, or the table is out of date.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(
    ".venv", ".ministack", ".checkov", "node_modules", ".git", ".aws-sam", ".local", ".*_cache", "__pycache__",
    ".hypothesis",
)  # fmt: skip
RESPONDER = "layers/responder/python/responder"


@dataclass(frozen=True)
class Break:
    """`found` stands once in `file`; with `put` in its place, something in `test` must fail."""

    area: str
    file: str
    found: str
    put: str
    test: str


BREAKS = (
    Break(
        "any signature of the right form is taken",
        f"{RESPONDER}/integrations/pagerduty/signature.py",
        "if any(matches) else Authenticity.WRONG",
        "if matches else Authenticity.WRONG",
        "tests/unit/sources/test_pagerduty_signature.py",
    ),
    Break(
        "a waiting state goes to sleep although an event came",
        f"{RESPONDER}/aws/incident_table.py",
        'condition="event_seq = :seen" if seen_seq else "attribute_not_exists(event_seq) OR event_seq = :seen"',
        'condition="attribute_not_exists(event_seq) OR event_seq >= :seen"',
        "tests/workflow/test_wakeups.py",
    ),
    Break(
        "a key is promoted without a test",
        f"{RESPONDER}/actions/rotate_key/steps.py",
        "if not rotation.has_passed(rotation.version):",
        "if rotation.record_of(rotation.version) is None:",
        "tests/contract/actions/test_rotate.py::test_an_untested_version_is_not_promoted",
    ),
    Break(
        "nothing is claimed before a message is sent",
        f"{RESPONDER}/notifications/delivery.py",
        'repeated = not ctx.table.acquire(record, Sending(state="begun"), RECORD_LIFE)',
        "repeated = ctx.table.has_record(record)",
        "tests/contract/test_channel_faults.py::test_a_list_of_notes_that_cannot_be_read_is_not_an_empty_one",
    ),
    Break(
        "long random words are not redacted",
        f"{RESPONDER}/domain/redact.py",
        "if _is_readable(match[0]) else MASK, text)",
        "if match[0] else MASK, text)",
        "tests/unit/test_redact.py",
    ),
    Break(
        "people are called although somebody has acknowledged",
        f"{RESPONDER}/workflow/escalation.py",
        "        and not incident.acknowledged_at\n        and not incident.is_over_upstream\n",
        "        and not incident.is_over_upstream\n",
        "tests/unit/test_escalation_laws.py",
    ),
    Break(
        "a second incident's override drops that of the first",
        f"{RESPONDER}/domain/overrides.py",
        'update={"overrides": (*others, override)}',
        'update={"overrides": (override,)}',
        "tests/unit/actions/test_override_laws.py",
    ),
    Break(
        "the page's role may also write its secret",
        "template.yaml",
        "Action: secretsmanager:GetSecretValue, Resource: !GetAtt PageSigningSecret.Id}",
        "Action: [secretsmanager:GetSecretValue, secretsmanager:PutSecretValue],"
        " Resource: !GetAtt PageSigningSecret.Id}",
        "tests/workflow/test_roles.py::test_nothing_is_allowed_that_was_never_called",
    ),
    Break(
        "a task has no retry for a busy Lambda",
        "statemachines/incident.asl.json",
        '"run": "{% $states.result.Payload %}"\n      },\n      "TimeoutSeconds": 45,\n      "Retry": [\n'
        '        {\n          "ErrorEquals": [\n            "Lambda.AWSLambdaException",\n',
        '"run": "{% $states.result.Payload %}"\n      },\n      "TimeoutSeconds": 45,\n      "Retry": [\n'
        '        {\n          "ErrorEquals": [\n',
        "tests/template/test_machine.py",
    ),
    Break(
        "the link of one incident opens the page of another",
        f"{RESPONDER}/report/link_token.py",
        "if not any(matches) or form[1] != incident_id:",
        "if not any(matches):",
        "tests/unit/report/test_link_token.py",
    ),
)


def run(tree: Path, *tests: str) -> tuple[int, list[str], str]:
    """pytest's exit code, the names of the tests that failed, and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, check=False, cwd=tree, capture_output=True, text=True)
    failed = re.findall(r"^(?:FAILED|ERROR) \S+::([^\s\[]+)", done.stdout, re.MULTILINE)
    return done.returncode, failed, done.stdout + done.stderr


def fallen(one: Break, tree: Path) -> tuple[bool, str]:
    """Whether a test fails as it must, and which; or what is wrong."""
    path = tree / one.file
    text = path.read_text(encoding="utf-8")
    if text.count(one.found) != 1:
        return False, f"its text stands {text.count(one.found)} times in {one.file}, not once"
    path.write_text(text.replace(one.found, one.put), encoding="utf-8")
    code, failed, _ = run(tree, one.test)
    path.write_text(text, encoding="utf-8")
    return (True, f"{failed[0]} falls") if code == 1 and failed else (False, f"{one.test}: pytest ended with {code}")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="breaks-") as folder:
        tree = Path(folder) / "tree"
        shutil.copytree(ROOT, tree, ignore=NOT_COPIED, symlinks=True)
        code, _, printed = run(tree, *(one.test for one in BREAKS))
        if code:
            print(f"{printed}\nThe tests of the table fail before anything is broken.")
            return 1
        print("before: every test of the table passes", flush=True)
        wrong = 0
        for one in BREAKS:
            good, said = fallen(one, tree)
            wrong += not good
            print(f"{'✓' if good else '✗'} {one.area}: {said}", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

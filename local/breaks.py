"""`make breaks`: puts ten faults into copies of the tree, one into each, and says which test fails for each.

The test passes in the untouched copy first. A text that is not found exactly once, or a test that still passes, fails
the command: either a guard is gone, or the table is out of date.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NOT_COPIED = shutil.ignore_patterns(
    ".venv", ".ministack", ".checkov", ".jira-renderer", "node_modules", ".git", ".aws-sam", ".local", ".*_cache",
    "__pycache__", ".hypothesis",
)  # fmt: skip
RESPONDER = "layers/responder/python/responder"


@dataclass(frozen=True)
class Break:
    """`found` stands once in `file`; with `put` in its place, `test` must fail."""

    area: str
    file: str
    found: str
    put: str
    test: str


BREAKS = (
    # First, because it takes longest.
    Break(
        "the page's role may also write its secret",
        "template.yaml",
        "Action: secretsmanager:GetSecretValue, Resource: !GetAtt PageSigningSecret.Id}",
        "Action: [secretsmanager:GetSecretValue, secretsmanager:PutSecretValue],"
        " Resource: !GetAtt PageSigningSecret.Id}",
        "tests/workflow/test_roles.py::test_nothing_is_allowed_that_was_never_called",
    ),
    Break(
        "any signature of the right form is taken",
        f"{RESPONDER}/integrations/pagerduty/signature.py",
        "if matches(signatures, expected) else Authenticity.WRONG",
        "if signatures else Authenticity.WRONG",
        "tests/unit/sources/test_pagerduty_signature.py::test_any_flipped_bit_of_the_body_refuses",
    ),
    Break(
        "a waiting state goes to sleep although an event came",
        f"{RESPONDER}/aws/incident_table.py",
        'condition=is_seen("event_seq", seen_seq),',
        'condition="attribute_not_exists(event_seq) OR event_seq >= :seen",',
        "tests/workflow/test_wakeups.py::test_parking_with_an_event_unseen_does_not_sleep",
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
        "tests/unit/test_redact.py::test_base64_is_masked_although_its_own_signs_cut_it_into_short_pieces",
    ),
    Break(
        "people are called although somebody has acknowledged",
        f"{RESPONDER}/workflow/escalation.py",
        "        and not incident.acknowledged_at\n        and not incident.is_over_upstream\n",
        "        and not incident.is_over_upstream\n",
        "tests/unit/test_escalation_laws.py::test_no_level_is_called_early_twice_or_after_a_person_has_it_and_none_is_forgotten",
    ),
    Break(
        "a second incident's override drops that of the first",
        f"{RESPONDER}/domain/overrides.py",
        'update={"overrides": (*others, override)}',
        'update={"overrides": (override,)}',
        "tests/unit/actions/test_override_laws.py::test_all_give_back_to_what_people_had_and_nobody_loses_what_is_needed",
    ),
    Break(
        "a task has no retry for a busy Lambda",
        "statemachines/incident.asl.json",
        '"run": "{% $states.result.Payload %}"\n      },\n      "TimeoutSeconds": 45,\n      "Retry": [\n'
        '        {\n          "ErrorEquals": [\n            "Lambda.AWSLambdaException",\n',
        '"run": "{% $states.result.Payload %}"\n      },\n      "TimeoutSeconds": 45,\n      "Retry": [\n'
        '        {\n          "ErrorEquals": [\n',
        "tests/template/test_machine.py::test_every_task_retries_exactly_the_errors_of_invoking_that_pass",
    ),
    Break(
        "the link of one incident opens the page of another",
        f"{RESPONDER}/report/signed_link.py",
        "if not any(matches) or form[1] != incident_id:",
        "if not any(matches):",
        "tests/unit/report/test_signed_link.py::test_not_another_incident_and_not_under_another_secret",
    ),
)


async def main() -> int:
    # An interruption cancels, so that each test's process ends; raised anywhere in the loop, it could hang.
    if me := asyncio.current_task():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, me.cancel)
    side_by_side = asyncio.Semaphore(os.cpu_count() or 1)
    judged = [asyncio.create_task(_judged(one, side_by_side)) for one in BREAKS]
    good = [await one for one in asyncio.as_completed(judged)]
    return 0 if all(good) else 1


async def _judged(one: Break, side_by_side: asyncio.Semaphore) -> bool:
    async with side_by_side:
        with tempfile.TemporaryDirectory(prefix="breaks-") as folder:
            tree = Path(folder) / "tree"
            shutil.copytree(ROOT, tree, ignore=NOT_COPIED, symlinks=True)
            wrong = await fault_of(one, tree)
    print(f"✗ {one.area}: {wrong}" if wrong else f"✓ {one.area}: {one.test.split('::')[1]} fails", flush=True)
    return not wrong


async def fault_of(one: Break, tree: Path) -> str:
    """What is wrong with the test or with the table; nothing if the test passes, and fails once `tree` is broken."""
    path = tree / one.file
    text = path.read_text(encoding="utf-8")
    if text.count(one.found) != 1:
        return f"its text stands {text.count(one.found)} times in {one.file}, not once"
    code, printed = await _pytest(tree, one.test)
    if code:
        return f"{printed}\n{one.test} fails before anything is broken"
    path.write_text(text.replace(one.found, one.put), encoding="utf-8")
    code, printed = await _pytest(tree, one.test)
    return "" if code == 1 and "\nFAILED " in printed else f"{one.test}: pytest ended with {code}\n{printed}"


async def _pytest(tree: Path, test: str) -> tuple[int | None, str]:
    """Its exit code, and what it printed."""
    command = (sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test)
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tree, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        printed = (await process.communicate())[0].decode()
    finally:
        if process.returncode is None:  # interrupted
            process.kill()
            await process.wait()
    return process.returncode, printed


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None

"""`make record-drills`: plays the drills, and keeps what each put into the expressions of the state machine.

drilled.jsonl has an expression once for each set of fields and each short answer, with the drills that it occurred in.
The reference implementation evaluates them in tests/conformance. Only drills that are not in the file are played: all
of them take half an hour. To record all again, delete the file.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from local import cloud
from local.drill.run import play
from local.drill.scenarios import SCENARIOS
from local.drill.stack import Stack
from local.paths import ROOT, Home, LocalCloudError
from local.recorder.expressions import fields
from local.stop import stop

Json = dict[str, Any]
FILE = ROOT / "tests" / "conformance" / "drilled.jsonl"
# A longer answer is an id, a text, or an object, and counts by its fields.
SHORT = 20


def read(file: Path) -> list[Json]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()] if file.exists() else []


def with_drill(known: list[Json], drill: str, evaluations: list[Json]) -> list[Json]:
    """Known and new evaluations, each kind once; `drills` says where it occurred."""
    found = {_kind(one): one for one in known}
    for one in evaluations:
        kept = found.setdefault(_kind(one), one | {"drills": []})
        kept["drills"] = sorted({*kept["drills"], drill})
    return [found[kind] for kind in sorted(found)]


def _kind(one: Json) -> str:
    answer = json.dumps(one["answer"])
    return json.dumps([one["expression"], sorted(fields(one["variables"])), answer if len(answer) <= SHORT else ""])


def defined() -> set[str]:
    """The expressions between `{%` and `%}` in the definition."""
    text = (ROOT / "statemachines" / "incident.asl.json").read_text(encoding="utf-8")
    return {part.partition("%}")[0].strip() for part in text.split("{%")[1:]}


def record(home: Home, file: Path) -> list[str]:
    """→ What did not end as it must; such a drill is not recorded."""
    calls, failed = home.directory / "calls.jsonl", []
    recorded = calls.with_name("expressions.jsonl")
    facts = cloud.up(home, cloud.Options(record_calls=calls, enforce_iam=True), _say)
    played = {drill for one in read(file) for drill in one["drills"]}
    for drill, scenario in SCENARIOS.items():
        if drill in played:
            continue
        recorded.unlink(missing_ok=True)
        problems = play(Stack(facts), scenario, lambda _: None).problems
        _say(f"{'✗' if problems else '✓'} {drill} {'; '.join(problems)}")
        if problems:
            failed.append(drill)
            continue
        mine = [one for one in read(recorded) if one["expression"] in defined()]
        lines = [json.dumps(one, ensure_ascii=False, sort_keys=True) for one in with_drill(read(file), drill, mine)]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return failed


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="drills-") as folder:
        home = Home(Path(folder), is_temporary=True)
        try:
            return 1 if record(home, FILE) else 0
        except LocalCloudError as error:
            print(error, file=sys.stderr)
            return 1
        finally:
            stop(home)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""`make drill [SCENARIO=<name>]`: exit 0 only when the incident ended as it must."""

import argparse
import sys
import time
from pathlib import Path

from local import cloud
from local.drill.outside import Stack
from local.drill.run import Outcome, play
from local.drill.scenario import Scenario
from local.drill.scenarios import SCENARIOS
from local.drill.screen import summary, verdict
from local.places import ROOT, Home, LocalCloudError


def main() -> int:
    parser = argparse.ArgumentParser(prog="make drill", description=__doc__)
    parser.add_argument("scenario", nargs="?", default="revoked_key", help="`list` names them, `all` plays them")
    name = parser.parse_args().scenario
    if name == "list":
        print("\n".join(f"{name:<24} {scenario.story}" for name, scenario in SCENARIOS.items()))
        return 0
    if name not in {*SCENARIOS, "all"}:
        print(f"no scenario {name}; there are: {', '.join(SCENARIOS)}, all, list", file=sys.stderr)
        return 2
    home = Home(ROOT / ".local")
    try:
        return _drill_all(home) if name == "all" else _drill(home, SCENARIOS[name])
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _drill(home: Home, scenario: Scenario) -> int:
    was_running = cloud.is_running(home)
    print(f"Drill {scenario.name}: {scenario.story}\n", flush=True)
    stack = Stack(cloud.up(home, cloud.Options(), _say))
    began = time.monotonic()
    try:
        outcome = play(stack, scenario, lambda text: _say(f"{time.monotonic() - began:6.1f} s  {text}"))
        print(summary(outcome, _keep_report(home, outcome)))
        print(verdict(outcome), flush=True)
    finally:
        if not was_running:
            cloud.down(home)
    return 1 if outcome.problems else 0


def _drill_all(home: Home) -> int:
    """Every drill on one stack, a line each; what was not as expected is said below its line."""
    was_running = cloud.is_running(home)
    stack = Stack(cloud.up(home, cloud.Options(), _say))
    failed = 0
    try:
        for name, scenario in SCENARIOS.items():
            outcome = play(stack, scenario, lambda _: None)
            failed += bool(outcome.problems)
            _say(f"{'✗' if outcome.problems else '✓'} {name:<24} {outcome.seconds:6.1f} s")
            for problem in outcome.problems:
                _say(f"    {problem}")
    finally:
        if not was_running:
            cloud.down(home)
    _say(f"{len(SCENARIOS) - failed} of {len(SCENARIOS)} drills ended as they must")
    return 1 if failed else 0


def _keep_report(home: Home, outcome: Outcome) -> Path | None:
    """The bucket goes when the local cloud stops; the report stays."""
    if outcome.report is None:
        return None
    file = home.directory / "reports" / f"{outcome.incident['id']}.md"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(outcome.report, encoding="utf-8")
    return file.relative_to(ROOT)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

"""`make drill [SCENARIO=<name>]`: exit 0 only when the incident ended as it must."""

import argparse
import sys
import time

import httpx

from local import cloud
from local.drill.run import play
from local.drill.scenario import Scenario
from local.drill.scenarios import SCENARIOS
from local.drill.screen import summary, verdict
from local.drill.stack import Stack
from local.incident_data import Live, keep
from local.paths import ROOT, Home, LocalCloudError, alone


def main() -> int:
    parser = argparse.ArgumentParser(prog="make drill", description=__doc__)
    parser.add_argument("scenario", nargs="?", default="revoked_key", help="`list` names them, `all` plays them")
    parser.add_argument("-v", "--verbose", action="store_true", help="the machine's states, and the whole timeline")
    given = parser.parse_args()
    name = given.scenario
    if name == "list":
        print("\n".join(f"{name:<24} {scenario.story}" for name, scenario in SCENARIOS.items()))
        return 0
    if name not in {*SCENARIOS, "all"}:
        print(f"no scenario {name}; there are: {', '.join(SCENARIOS)}, all, list", file=sys.stderr)
        return 2
    home = Home(ROOT / ".local")
    try:
        # One after the other, because each resets the world.
        with alone(home.kept, "another drill plays here"):
            return _drill_all(home) if name == "all" else _drill(home, SCENARIOS[name], verbose=given.verbose)
    except (LocalCloudError, httpx.TransportError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1


def _drill(home: Home, scenario: Scenario, *, verbose: bool) -> int:
    print(f"Drill {scenario.name}: {scenario.story}\n", flush=True)
    with cloud.running(home, _say) as facts:
        began = time.monotonic()
        say = lambda text: _say(f"{time.monotonic() - began:6.1f} s  {text}")  # noqa: E731
        outcome = play(Stack(facts), scenario, say, verbose=verbose)
        report = keep(Live(Stack(facts)), outcome.incident, home.kept, scenario.name)
    print(summary(outcome, report and report.relative_to(ROOT), verbose=verbose))
    print(verdict(outcome), flush=True)
    return 1 if outcome.problems else 0


def _drill_all(home: Home) -> int:
    """Every drill on one stack, one line each, and below the line what was not as expected."""
    failed = 0
    with cloud.running(home, _say) as facts:
        for name, scenario in SCENARIOS.items():
            outcome = play(Stack(facts), scenario, lambda _: None)
            keep(Live(Stack(facts)), outcome.incident, home.kept, name)
            failed += bool(outcome.problems)
            _say(f"{'✗' if outcome.problems else '✓'} {name:<24} {outcome.seconds:6.1f} s")
            for problem in outcome.problems:
                _say(f"    {problem}")
    _say(f"{len(SCENARIOS) - failed} of {len(SCENARIOS)} drills ended as they must")
    return 1 if failed else 0


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())

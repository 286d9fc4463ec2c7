"""`make accuracy` and `make explain`: all labelled cases, or one case or incident explained."""

import argparse
import sys
import time
from pathlib import Path

from local.accuracy.case import load
from local.accuracy.explain import explain
from local.accuracy.page import page
from local.accuracy.run import judge, judge_all
from local.accuracy.stored import stored

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"


def _run() -> int:
    began = time.monotonic()
    judged = judge_all(load())
    text = page(judged)
    PAGE.write_text(text, encoding="utf-8")
    print(text)
    print(f"{len(judged)} cases in {time.monotonic() - began:.0f} s; written to {PAGE.relative_to(Path.cwd())}")
    return int(any(one.wrong_actions or (one.too_low and one.case.expect.clear) for one in judged))


def _explain_case(wanted: str) -> int:
    """`wanted`: a case's name, or a file of tests/corpus (all of its cases)."""
    file = wanted.removeprefix("./").removeprefix("tests/corpus/")
    cases = [case for case in load() if wanted == case.name or file == case.file]
    if not cases:
        near = "; ".join(case.name for case in load() if wanted.lower() in case.name.lower())
        print(f"no case or file is called {wanted!r}; {f'did you mean: {near}' if near else 'see tests/corpus/'}")
        return 2
    for case in cases:
        judged = judge(case)
        looked = judged.looked
        print(f"== {case.name} ({case.file})\n   {case.why}")
        print(f"   label: {case.expect.cause.value}, {'/'.join(case.expect.severities)}, {case.expect.scenario.value}")
        print(f"   {'as labelled' if not judged.mistakes else 'differs: ' + '; '.join(judged.mistakes)}\n")
        print(explain(looked.diagnosis, looked.findings, looked.earlier, looked.runbook) + "\n")
    return 0


def _explain_incident(incident_id: str, stack: str | None) -> int:
    try:
        found = stored(incident_id, stack)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"== {incident_id}, as it was announced\n")
    print(explain(found.diagnosis, found.findings, found.earlier, found.runbook))
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.accuracy", description=__doc__)
    parser.add_argument("--case", help="explain this case, or each case of this file of tests/corpus")
    parser.add_argument("--incident", help="explain this incident of the running local stack, or of --stack")
    parser.add_argument("--stack", help="a stack that your AWS credentials reach")
    wanted = parser.parse_args()
    if wanted.case == "":
        print('name a case or a file (CASE="key revoked"), or an incident (INCIDENT=pd-…, on AWS with STACK=…)')
        return 2
    if wanted.case:
        return _explain_case(wanted.case)
    return _explain_incident(wanted.incident, wanted.stack) if wanted.incident else _run()


if __name__ == "__main__":
    sys.exit(main())

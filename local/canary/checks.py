"""The checks after one signed alert, as a table. They run against AWS and against the local cloud."""

from collections.abc import Callable
from dataclasses import dataclass

from local.canary.evidence import Evidence
from local.canary.target import Target

ONLY_AWS = "–, only AWS shows it"


@dataclass(frozen=True)
class Result:
    name: str
    says: str
    failed: bool = False


def run(target: Target, upstream_id: str) -> list[Result]:
    """Sends the alert, waits until people are notified, and makes every check, also after a failure."""
    seen = Evidence(target, upstream_id)
    return [_result(target, *check) for check in _checks(seen)]


def table(results: list[Result]) -> str:
    width = max(len(result.name) for result in results)
    marks = ["FAILED  " if each.failed else "" for each in results]
    return "\n".join(f"{each.name:{width}}  {mark}{each.says}" for each, mark in zip(results, marks, strict=True))


def _result(target: Target, name: str, only_aws: bool, check: Callable[[], str | None]) -> Result:
    if only_aws and not target.is_aws:
        return Result(name, ONLY_AWS)
    try:
        wrong = check()
    except Exception as error:  # noqa: BLE001 - a check that breaks is one line of the table, and the others go on
        wrong = f"{type(error).__name__}: {error}"
    return Result(name, wrong or "yes", bool(wrong))


def _checks(seen: Evidence) -> list[tuple[str, bool, Callable[[], str | None]]]:
    return [
        ("exact bytes of a body arrive", False, seen.exact_bytes),
        ("the machine ran and told people", False, seen.told),
        ("Slack's stand-in was called", True, seen.slack_called),
        ("the queues are empty", False, seen.queues),
        ("functions are called by version", False, seen.versions),
        ("roles grant what was done", False, seen.roles),
        ("logs hold no body", False, seen.logs),
        ("throttles of the stage in force", True, seen.throttles),
        ("traces hold no token", True, seen.traces),
        ("an alarm is mailed", True, seen.mails),
        ("dead letters can be sent again", True, seen.redrive),
        ("what ran is cheap", True, seen.cost),
    ]

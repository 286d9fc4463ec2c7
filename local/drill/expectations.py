"""Whether a drill ended as it must."""

from datetime import timedelta
from typing import Any

from local.drill.promises import moment
from local.drill.scenario import Ended, Expected, Scenario
from local.drill.words import house_words, told_to_people
from responder.config.runbook import packaged

Json = dict[str, Any]
# The time from the end of the hold-off until the notice is posted.
POSTED_WITHIN = timedelta(seconds=30)


def judged(scenario: Scenario, ended: Ended, *, key_changed: bool) -> list[str]:
    """One sentence for each thing that is not as expected."""
    return [
        *_outcome(scenario, ended, key_changed=key_changed),
        *_actions(scenario, ended.incident),
        *_left_behind(ended),
        *house_words(told_to_people(ended.stack.world(), ended.report)),
        *[problem for check in scenario.expected.checks for problem in check(ended)],
    ]


def _outcome(scenario: Scenario, ended: Ended, *, key_changed: bool) -> list[str]:
    expected, incident, journal = scenario.expected, ended.incident, ended.journal
    found = {
        "cause": (incident.get("cause"), (expected.cause,)),
        "verdict": (incident.get("verdict"), (expected.verdict,)),
        "severity": (incident.get("severity"), expected.severities),
        "status": (incident.get("status"), (expected.status,)),
        "production key changed": (key_changed, (expected.key_changes,)),
        # The drill itself made the first restart.
        "consumers restarted": (posted(journal, "service", "/restart") > 1, (expected.restarts,)),
        "public notice": (posted(journal, "statuspage", "/incidents") > 0, _notice_is_due(expected, incident)),
        "told in Slack": (posted(journal, "slack", "chat.postMessage") > 0, (True,)),
    }
    return [
        f"{what} is {seen}, expected {' or '.join(map(str, wanted))}"
        for what, (seen, wanted) in found.items()
        if seen not in wanted
    ]


def _notice_is_due(expected: Expected, incident: Json) -> tuple[bool, ...]:
    """Whether a notice must be posted. One that waits for our repair is posted at the hand-over, or after the hold-off.

    If it recovered just at that time, both answers are right.
    """
    if expected.public_notice != "held off":
        return (expected.public_notice,)
    ends = [entry["at"] for entry in incident["timeline"] if entry["kind"] in ("mitigated", "closed", "handed_over")]
    until = moment(incident["started_at"]) + timedelta(
        seconds=packaged().vendors.model_dump()["statuspage"]["hold_off_seconds"]
    )
    handed_over = any(entry["kind"] == "handed_over" for entry in incident["timeline"])
    if handed_over or not ends or moment(min(ends)) > until + POSTED_WITHIN:
        return (True,)
    return (False,) if moment(min(ends)) < until else (True, False)


def _actions(scenario: Scenario, incident: Json) -> list[str]:
    seen = {(action["name"], action["outcome"]) for action in incident.get("actions", [])}
    wanted = scenario.expected.actions
    return [
        f"no action {name} with outcome {outcome}; there are {sorted(seen)}" for name, outcome in set(wanted) - seen
    ]


def _left_behind(ended: Ended) -> list[str]:
    """What no incident may leave behind."""
    pending, service_flags = ended.stack.pending_versions(), ended.stack.service_flags_left()
    return [
        *([f"versions left under AWSPENDING: {pending}"] if pending else []),
        *([f"service flags left switched: {service_flags}"] if service_flags else []),
    ]


def posted(journal: list[Json], vendor: str, ending: str) -> int:
    """The number of successful POSTs to it."""
    calls = [entry for entry in journal if entry["vendor"] == vendor and entry["method"] == "POST"]
    return len([entry for entry in calls if entry["path"].endswith(ending) and entry["status"] < 300])

"""Writes docs/by-hand.md from the steps that the messages are composed of: python -m local.by_hand."""

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from local.paths import ROOT
from responder.config.runbook import Runbook, packaged
from responder.config.settings import Settings
from responder.domain.diagnosis import Cause
from responder.domain.incident import ActionRecord, Incident
from responder.notifications.messages.guidance import guidance
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.steps import Guidance
from responder.notifications.messages.wording import FAULT

PAGE = ROOT / "docs/by-hand.md"
NAMES = replace(
    Settings.read({field.name.upper(): field.name.upper() for field in fields(Settings)}),
    stack_name="STACK",
    twinmind_api_key_secret="KEY_SECRET",
    twinmind_standby_keys_secret="STANDBY_SECRET",
)
HEAD = """# It is yours: what to do by hand

A message that says "yours now" ends with these steps. They follow from the cause, from what was done before, and from
the platform, so the message has the right ones, with the names of your deployment. This page is written from the same
source. Names in capitals are yours; the others are those of the shipped configuration.
"""
# Heading, cause, the actions that were done with their outcomes, platform.
Stop = tuple[str, Cause, tuple[tuple[str, str], ...], str]
STOPS: tuple[Stop, ...] = (
    ("The key is rejected, and nothing was changed (observed, declined, expired, not allowed)",
     Cause.KEY_REJECTED, (("rotate", "declined"),), "kubernetes"),
    ("The key is rejected, and no staged key is left",
     Cause.KEY_REJECTED, (("rotate", "no_standby_key"),), "kubernetes"),
    ("The key is rejected, and a tested key waits", Cause.KEY_REJECTED, (("rotate", "passed"),), "kubernetes"),
    ("The key is rejected, and somebody else's rotation is in the way",
     Cause.KEY_REJECTED, (("rotate", "pending_elsewhere"),), "kubernetes"),
    ("The key was replaced, and the restart failed",
     Cause.KEY_REJECTED, (("rotate", "promoted"), ("restart", "failed")), "kubernetes"),
    ("The same on ECS", Cause.KEY_REJECTED, (("rotate", "promoted"), ("restart", "failed")), "ecs"),
    ("The key was replaced and the service restarted, and it does not work",
     Cause.KEY_REJECTED, (("rotate", "kept"), ("restart", "restarted")), "kubernetes"),
    ("The old key was put back, and the restart on it failed",
     Cause.KEY_REJECTED, (("rotate", "restored"), ("restart", "failed")), "kubernetes"),
    ("The key leaked, and nothing was changed", Cause.KEY_LEAKED, (("contain", "declined"),), "kubernetes"),
    ("The leaked key was replaced, and the restart failed",
     Cause.KEY_LEAKED, (("contain", "promoted"), ("restart", "failed")), "kubernetes"),
    ("The service uses an old key, and was not restarted", Cause.KEY_STALE, (("restart", "failed"),), "kubernetes"),
    ("TwinMind is down", Cause.PROVIDER_OUTAGE, (), "kubernetes"),
    ("TwinMind is slow, and the queue is not on",
     Cause.PROVIDER_SLOW, (("queue", "failed"), ("model", "declined")), "kubernetes"),
    ("The quota is used up, and nothing was switched",
     Cause.RATE_LIMITED, (("quota", "failed"), ("queue", "failed")), "kubernetes"),
    ("The network does not reach TwinMind", Cause.NETWORK_FAILURE, (), "kubernetes"),
    ("The service is overloaded, and was not scaled", Cause.SERVICE_OVERLOADED, (("scale", "declined"),), "kubernetes"),
    ("The same on ECS", Cause.SERVICE_OVERLOADED, (("scale", "declined"),), "ecs"),
    ("The service has a fault, and was not rolled back",
     Cause.SERVICE_FAULT, (("rollback", "declined"),), "kubernetes"),
    ("The same on ECS", Cause.SERVICE_FAULT, (("rollback", "declined"),), "ecs"),
    ("No fault was found", Cause.NO_FAULT, (), "kubernetes"),
    ("The cause is not known", Cause.UNKNOWN, (), "kubernetes"),
)  # fmt: skip


def written() -> str:
    return "\n".join((HEAD, *(line for stop in STOPS for line in _section(stop)))).rstrip() + "\n"


def _section(stop: Stop) -> Iterator[str]:
    title, cause, done, platform = stop
    found = _guidance(cause, done, platform)
    yield f"## {title}\n" if title != "The same on ECS" else f"## {FAULT[cause][0].upper()}{FAULT[cause][1:]}, on ECS\n"
    yield from found.need if len(found.steps) > 1 else (f"- {found.need[0]}",)
    yield ""
    if found.commands:
        yield "```bash\n" + "\n".join(found.commands) + "\n```\n"


def _guidance(cause: Cause, done: tuple[tuple[str, str], ...], platform: str) -> Guidance:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    actions = tuple(
        ActionRecord(name=name, mode="auto", plan="", outcome=outcome, at=at + timedelta(minutes=place), data={})
        for place, (name, outcome) in enumerate(done)
    )
    incident = Incident(id="INCIDENT", source="pagerduty", upstream_id="INCIDENT", started_at=at, cause=cause)
    return guidance(NotificationContext(incident, _runbook(platform), at, NAMES, {}, actions))


def _runbook(kind: str) -> Runbook:
    fields = packaged().model_dump(mode="json")
    service = fields["endpoints"]["service"]
    service["base_url"] = "http://SERVICE:8080"
    service["platform"]["kind"] = kind
    service["platform"]["kubernetes"]["eks_cluster"] = "CLUSTER"
    service["platform"]["ecs"]["cluster"] = "CLUSTER"
    return Runbook.model_validate(fields)


if __name__ == "__main__":
    PAGE.write_text(written())

"""The steps that are left to people, in a safe order, by cause, outcome of each action, and platform. Pure.

The messages, the incident's page and docs/by-hand.md are all written from this.
"""

import json
from collections.abc import Callable
from typing import Any

from responder.domain.diagnosis import Cause
from responder.domain.finding import spoken
from responder.notifications.messages.key_steps import key_steps, stale_steps
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.steps import Guidance, Step
from responder.notifications.messages.switched import flags_command


def guidance(notification: NotificationContext) -> Guidance:
    """The steps that are left to people (runbook S-34 to S-48, S-56 to S-80, S-88 to S-95)."""
    return Guidance(tuple(_STEPS[notification.cause](notification)))


# With one of these outcomes the action is done, or another part of the message asks about it or says what to look at.
_NOT_OURS_TO_REPEAT = ("verified", "applied", "applying", "not_needed", "asked", "needs_approval", "not_verified")


def _is_left(given: NotificationContext, action: str) -> bool:
    return given.outcome(action) not in _NOT_OURS_TO_REPEAT


def _flags(given: NotificationContext, **actions: str) -> list[Step]:
    """By hand what these actions would have set, each with its step's text; the service's other settings stay."""
    usual: dict[str, dict[str, Any]] = {"quota": {"reject_non_critical": True}, "queue": {"request_queue": True}}
    usual["model"] = {"model": given.runbook.service_flags.degraded_model}
    unseen = [spoken(name) for one in actions if given.outcome(one) == "not_verified" for name in usual[one]]
    text = f"The service does not show yet that it has read its new settings ({', '.join(unseen)}): see why."
    look = [Step("look", text, given.commands.logs("setting"))] if unseen else []
    return [*look, *(step for one, why in actions.items() for step in _flag(given, one, usual[one], why))]


def _flag(given: NotificationContext, action: str, usual: dict[str, Any], why: str) -> list[Step]:
    if not _is_left(given, action):
        return []
    planned = {key.removeprefix("flag:"): value for key, value in given.planned(action).items()}
    wanted = {name: value for name, value in (planned or usual).items() if value is not None}
    if not wanted.keys() - given.switched:
        return []
    changes = (f".{name} = {json.dumps(value)}" for name, value in wanted.items())
    return [Step("switch", why, flags_command(given.settings.service_flags_parameter, changes))]


def _provider(given: NotificationContext) -> list[Step]:
    contacts, page = given.runbook.contacts, given.runbook.endpoints.status_page_url
    help_text = f"Their help: {contacts.support_url}. Other users: {contacts.community_url}."
    steps = [
        Step("wait", f"Follow {page}. Nothing of ours has to change."),
        Step(
            "write",
            f"If it says nothing, write to {contacts.enterprise_email} (or {contacts.support_email}): a mail is "
            f"drafted below. {help_text}",
        ),
    ]
    if given.cause is Cause.PROVIDER_SLOW:
        faster = f"If you accept plainer text, use the faster model {given.runbook.service_flags.degraded_model}."
        steps += _flags(given, queue="Let the service queue what can wait.", model=faster)
    return steps


def _quota(given: NotificationContext) -> list[Step]:
    contacts = given.runbook.contacts
    less = "Let the service reject what is not critical, so that it sends less."
    return [
        *_flags(given, quota=less, queue="Let the service queue what is over the limit."),
        Step("look", "Find the heaviest consumers, and slow them down.", given.commands.logs("transcribe")),
        Step("write", f"Ask {contacts.enterprise_email} for a higher limit: a mail is drafted below."),
        Step("write", "Later: a higher tier, load on several keys, caching, batches."),
    ]


def _network(given: NotificationContext) -> list[Step]:
    twinmind = given.runbook.endpoints.twinmind
    host = twinmind.base_url.split("//", 1)[-1].split("/", 1)[0].split(":", 1)[0]
    return [
        Step("look", "From where the service runs, check name resolution.", f"dig +short {host}"),
        Step(
            "look",
            "From there, check whether TwinMind answers. An HTTP code means that it does.",
            f"curl -sS -o /dev/null -w '%{{http_code}}\\n' {twinmind.base_url}{twinmind.health_path}",
        ),
        Step("decide", "Give both results to the people who run your firewall rules, proxies and the way out."),
    ]


def _overloaded(given: NotificationContext) -> list[Step]:
    commands = given.commands
    steps = [Step("look", "See which resource is short: processor, memory, or the queue.", commands.load)]
    if given.outcome("scale") == "not_verified":
        steps.append(Step("look", "The autoscaler's floor is raised, but too few are ready: see why.", commands.logs()))
    elif _is_left(given, "scale"):
        usual = "Run more of the service, the way you deploy it."
        text = "Raise the autoscaler's floor by half of what runs." if commands.scale else usual
        steps.append(Step("switch", text, commands.scale))
    less = "Let the service reject what is not critical."
    return steps + _flags(given, quota=less, queue="Let the service queue what can wait.")


def _service(given: NotificationContext) -> list[Step]:
    commands = given.commands
    steps = [Step("look", "Read the service's errors.", commands.errors)]
    if given.outcome("rollback") == "not_verified":
        return [*steps, Step("look", "The rollback has not ended: see what holds it up.", commands.history)]
    if not _is_left(given, "rollback"):
        return steps
    steps.append(Step("look", "See what was deployed last, and when.", commands.history))
    roll_back = "If it was deployed shortly before the alert, roll it back"
    text = f"{roll_back}." if commands.rollback else f"{roll_back}, the way you deploy it."
    return [*steps, Step("switch", text, commands.rollback)]


def _nothing(_: NotificationContext) -> list[Step]:
    return [Step("decide", "Resolve the alert in the pager if you agree, or write there what we cannot see.")]


def _unknown(given: NotificationContext) -> list[Step]:
    runbook = given.runbook
    return [
        Step(
            "look",
            "Look yourself: our checks contradict each other, or could not see, so we changed nothing. Check "
            f"{runbook.endpoints.status_page_url} and the service's errors.",
            given.commands.errors,
        ),
        Step("look", "Check what was deployed last.", given.commands.history),
        Step("decide", f"How to lead the response: {runbook.contacts.response_guide_url}."),
    ]


_STEPS: dict[Cause, Callable[[NotificationContext], list[Step]]] = {
    Cause.KEY_REJECTED: key_steps,
    Cause.KEY_LEAKED: key_steps,
    Cause.KEY_STALE: stale_steps,
    Cause.PROVIDER_OUTAGE: _provider,
    Cause.PROVIDER_SLOW: _provider,
    Cause.RATE_LIMITED: _quota,
    Cause.NETWORK_FAILURE: _network,
    Cause.SERVICE_OVERLOADED: _overloaded,
    Cause.SERVICE_FAULT: _service,
    Cause.NO_FAULT: _nothing,
    Cause.UNKNOWN: _unknown,
}

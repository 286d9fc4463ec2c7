"""`make doctor-drill`: the doctor's screen with everything right, with ten things wrong, and each check broken."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import click

from local import cloud, initial_data
from local.drill.stack import Stack
from local.paths import ROOT, Home, LocalCloudError
from local.sandbox.world import merged
from responder_cli.doctor import CheckResult, examined, lines
from responder_cli.target import TargetStack

Json = dict[str, Any]
WRONG_KEY = "tm_sk_nobody_knows_this_one"
# What `make_whole` does not reset.
KEPT = ("vendor_credentials", "pagerduty_webhook", "page_signing")
DROPPED_WITHIN = 30.0


@dataclass(frozen=True)
class Break:
    """A fault, the check that must name it, and a word of its text.

    `override` and `world` are merged; `credentials` are entries of the vendor credentials; `does` breaks anything else.
    """

    what: str
    check: str
    said: str
    world: Json = field(default_factory=dict)
    override: Json = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    does: Callable[[Stack], None] | None = None


def _subscription(**change: Any) -> Json:
    return {"pagerduty": {"subscriptions": {"PLOCAL1": change}}}


def _service(**change: Any) -> Json:
    return {"endpoints": {"service": change}}


def _webhook_secrets(*senders: str) -> Callable[[Stack], None]:
    """Only these senders have one."""

    def put(stack: Stack) -> None:
        secret = stack.secret("pagerduty_webhook")
        stack.put_secret("pagerduty_webhook", json.dumps(dict.fromkeys(senders, secret)))

    return put


def _drop_an_alert(stack: Stack) -> None:
    stack.send_alert("an alert of a service that scope does not name")
    deadline = time.monotonic() + DROPPED_WITHIN
    while not stack.out_of_scope() and time.monotonic() < deadline:
        time.sleep(0.2)


def _without_people(stack: Stack) -> None:
    sns = stack.aws("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=stack.facts["topic_arn"])["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def _without_stakeholder_topic(stack: Stack) -> None:
    stack.aws("sns").delete_topic(TopicArn=_stakeholder_topic(stack))


def _stakeholder_topic(stack: Stack) -> str:
    return TargetStack(stack.facts["stack_name"], local=stack.facts).output("StakeholderTopicArn")


EXTERNAL = {
    "kind": "kubernetes",
    "kubernetes": {"api_url": "{sandbox}/kubernetes", "external_secret": "twinmind-secrets"},
}

BREAKS = (
    Break("a tab in the override", "override", "line 2",
          does=lambda stack: stack.set_parameter("runbook_parameter", "modes:\n\trotate: auto")),
    Break("an alert was dropped as out of scope", "scope", "dropped",
          override={"scope": {"services": ["PSELSE1"], "integrations": ["any"]}}, does=_drop_an_alert),
    Break("the stop switch is thrown", "stop switch", "stopped",
          does=lambda stack: stack.set_parameter("stop_parameter", "stop")),
    Break("nothing may act", "modes", "every action only observes", override={"modes": "observe"}),
    Break("a vendor's name is mistyped", "vendor credentials", "pagerdutty", credentials={"pagerdutty": "x"}),
    Break("a sender has no secret", "webhook secrets", "none for jsm",
          does=_webhook_secrets("pagerduty", "opsgenie", "slack")),
    Break("the signing secret of pages is empty", "page signing secret", "no value",
          does=lambda stack: stack.put_secret("page_signing", " ")),
    Break("another production key", "production key", "refuses",
          does=lambda stack: stack.put_secret("twinmind_api_key", WRONG_KEY)),
    Break("no standby key", "standby keys", "none is staged",
          does=lambda stack: stack.put_secret("twinmind_standby_keys", '{"keys": []}')),
    Break("the status page is elsewhere", "TwinMind status page", "404",
          override={"endpoints": {"status_page_url": "{sandbox}/no-status-page"}}),
    Break("the clock is wrong", "clock", "s away", world={"faults": {"twinmind": {"clock_off_seconds": -600}}}),
    Break("PagerDuty's key is revoked", "PagerDuty key", "Authentication failed",
          world={"credentials": {"pagerduty": "another"}}),
    Break("bot_user_id is somebody else", "PagerDuty user", "PSOMEBODY",
          world={"pagerduty": {"users": {"responder@example.com": "PSOMEBODY"}}}),
    Break("PagerDuty disabled the subscription", "PagerDuty subscription", "disabled",
          world=_subscription(temporarily_disabled=True)),
    Break("the subscription has another secret", "PagerDuty webhook secret", "did not come through",
          world=_subscription(secret="not-ours")),
    Break("the service has no acknowledgement time-out", "PagerDuty acknowledgement time-out", "never acknowledges",
          world={"pagerduty": {"incidents": {"QDOCTOR": {"service_id": initial_data.SERVICE,
                                                         "acknowledgement_timeout_seconds": None}}}}),
    Break("a person is not in the pager", "PagerDuty people", "no user gone@example.com",
          override={"approvals": {"pager_users": {"U0ONCALL": "gone@example.com"}}},
          world={"pagerduty": {"users": {"responder@example.com": "PRESPONDER"}}}),
    Break("Opsgenie's key is revoked", "Opsgenie key", "authenticate", world={"credentials": {"opsgenie": "another"}}),
    Break("the key of Jira Service Management is revoked", "JSM key", "authenticate",
          world={"credentials": {"jsm": "another"}}),
    Break("Slack's token is revoked", "Slack token", "token_revoked", world={"slack": {"error": "token_revoked"}}),
    Break("the bot lost a scope", "Slack scopes", "chat:write", world={"slack": {"scopes": ["channels:history"]}}),
    Break("the bot left the channel", "Slack channel", "not in", world={"slack": {"not_in": ["C0INCIDENTS"]}}),
    Break("the app's signing secret is missing", "Slack buttons", "every press is refused",
          does=_webhook_secrets("pagerduty", "opsgenie", "jsm")),
    Break("an approver left", "Slack approvers", "deactivated", world={"slack": {"gone": ["U0ONCALL"]}}),
    Break("the Teams workflow has no https address", "Teams", "https only", credentials={"teams": "ftp://example.com/w"}),
    Break("Statuspage's key is revoked", "Statuspage page", "authenticate",
          world={"credentials": {"statuspage": "another"}}),
    Break("a component is gone", "Statuspage components", "cmpgone",
          override={"vendors": {"statuspage": {"component_ids": ["cmpgone"]}}}),
    Break("Jira's token is revoked", "Jira login", "authenticated", world={"credentials": {"tickets": "another"}}),
    Break("Jira wants one more field", "Jira project", "must have Team",
          world={"tickets": {"required_fields": ["Team"]}}),
    Break("nobody reads alarms", "alarm topic", "nobody is subscribed", does=_without_people),
    Break("the stakeholders' topic was deleted", "stakeholder topic", "not there", does=_without_stakeholder_topic),
    Break("a level reaches nobody", "escalation levels", "level 3",
          override={"escalation": {"3": {"slack_mention": None}}}),
    Break("our service's address is wrong", "service health", "404", override=_service(health_path="/healthz")),
    Break("our service's metrics are elsewhere", "service metrics", "/health",
          override=_service(metrics_path="/health")),
    Break("nothing restarts our service", "consumers", "people must restart",
          override=_service(restart_hook_path=None)),
    Break("the Secret is never refreshed", "ExternalSecret", "never refreshes", override=_service(platform=EXTERNAL),
          world={"kubernetes": {"externalsecrets": {"twinmind-secrets": {"spec": {"refreshInterval": "0"}}}}}),
)  # fmt: skip
AT_ONCE = (
    "vendor credentials", "standby keys", "PagerDuty user", "PagerDuty subscription", "Slack channel",
    "Slack approvers", "Statuspage components", "Jira project", "escalation levels", "service health",
)  # fmt: skip


@contextmanager
def broken(stack: Stack, breaks: Iterable[Break]) -> Iterator[None]:
    """Everything right but these, together."""
    kept = {name: stack.secret(name) for name in KEPT}
    override: Json = {}
    try:
        stack.make_whole()
        for one in breaks:
            override = merged(override, one.override)
            stack.change_world(one.world)
            if one.credentials:
                held = json.loads(stack.secret("vendor_credentials"))
                stack.put_secret("vendor_credentials", json.dumps(held | one.credentials))
        stack.configure(override)
        for one in breaks:
            if one.does:
                one.does(stack)
        yield
    finally:
        for name, value in kept.items():
            stack.put_secret(name, value)
        sns = stack.aws("sns")
        sns.create_topic(Name=_stakeholder_topic(stack).rpartition(":")[2])
        for topic_arn in (stack.facts["topic_arn"], _stakeholder_topic(stack)):
            initial_data.subscribe(stack.facts["endpoint_url"], topic_arn)
        stack.make_whole()


def named(one: Break, checks: Iterable[CheckResult]) -> bool:
    return any(
        check["name"] == one.check
        and check["outcome"] in ("wrong", "unknown")
        and one.said in check["text"]
        and check["todo"]
        for check in checks
    )


def play(stack: Stack) -> list[str]:
    """The breaks that the doctor did not name; each screen and each line is printed as it comes."""
    target = TargetStack(stack.facts["stack_name"], local=stack.facts)
    ten = [one for one in BREAKS if one.check in AT_ONCE]
    failures: list[str] = []
    for title, breaks in (("EVERYTHING RIGHT", []), ("TEN THINGS WRONG AT ONCE", ten)):
        with broken(stack, breaks):
            checks = examined(target)
        click.echo(f"\n{title}\n" + "\n".join(lines(checks)) + "\n")
        wrong = sorted(check["name"] for check in checks if check["outcome"] == "wrong")
        failures += [] if wrong == sorted(one.check for one in breaks) else [f"{title}: the wrong ones are {wrong}"]
    for one in BREAKS:
        with broken(stack, (one,)):
            checks = examined(target)
        fine = named(one, checks)
        said = next(check["text"] for check in checks if check["name"] == one.check)
        click.echo(f"{'✓' if fine else '✗'} {one.what} → {one.check}: {said}")
        failures += [] if fine else [one.what]
    return failures


def main() -> int:
    try:
        with cloud.running(Home(ROOT / ".local"), lambda text: print(text, flush=True)) as facts:
            failures = play(Stack(facts))
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(
        f"\n{len(BREAKS)} checks broken one by one, {len(failures)} not named{''.join(f'; {one}' for one in failures)}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

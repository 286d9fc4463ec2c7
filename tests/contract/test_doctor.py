"""The doctor: everything right, then each thing broken on its own, and the doctor names it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto.sns.models import sns_backends

from checks.run import CHECKS
from local import doctor_drill
from responder.domain.clock import now
from responder.integrations.statuspage import client as statuspage_client
from tests.support import doctor
from tests.support.deliveries import deliver, pagerduty
from tests.support.inprocess import (
    ACCOUNT,
    REGION,
    SETTINGS,
    STACK,
    WEBHOOK_SECRETS,
    Cloud,
    create_topics,
    credentials,
    empty_table,
    notices,
    running_cloud,
)

# What nobody can look at without doing it; each says what to do.
ONLY_BY_DOING = {"Slack buttons", "consumers", "Teams"}
OFF = {"ExternalSecret"}


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with (
        pytest.MonkeyPatch.context() as monkeypatch,
        running_cloud(monkeypatch, {"statuspage": {"requests_per_minute": 6000}}, execute=False) as running,
        doctor.front_door(running) as url,
    ):
        monkeypatch.setattr(statuspage_client, "PACE_SECONDS", 0.0)
        doctor.right(running, url)
        yield running


@pytest.fixture
def mended(cloud: Cloud) -> Iterator[Cloud]:
    """A test breaks what it likes; the next one begins with everything right."""
    kept = {name: stored(cloud, name) for name in ("TWINMIND_API_KEY_SECRET", "TWINMIND_STANDBY_KEYS_SECRET")}
    deliver_to = cloud.sandbox.world["pagerduty"]["subscriptions"]["PSUB1"]["deliver_to"]
    yield cloud
    # First: the service loads its key when the world is made anew.
    for name, value in kept.items():
        doctor.put(cloud, name, value)
    cloud.sandbox.reset()
    sns_backends[ACCOUNT][REGION].subscriptions.clear()
    create_topics(cloud)
    empty_table()
    doctor.right(cloud, deliver_to)
    doctor.put(cloud, "PAGE_SIGNING_SECRET", "page-signing-secret-0001")
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="run", Overwrite=True)


def stored(cloud: Cloud, setting: str) -> str:
    return str(cloud.client("secretsmanager").get_secret_value(SecretId=SETTINGS[setting])["SecretString"])


def test_with_everything_right_nothing_is_wrong(cloud: Cloud) -> None:
    found = doctor.examined(cloud)
    assert {name: one["text"] for name, one in found.items() if one["outcome"] == "wrong"} == {}
    assert {name for name, one in found.items() if one["outcome"] == "unknown"} == ONLY_BY_DOING
    assert {name for name, one in found.items() if one["outcome"] == "off"} == OFF
    assert all(one["todo"] for one in found.values() if one["outcome"] in ("wrong", "unknown"))


def patch(**world: Any) -> Callable[[Cloud], None]:
    return lambda cloud: cloud.sandbox.patch(world)


def override(**more: Any) -> Callable[[Cloud], None]:
    return lambda cloud: doctor.override(cloud, more)


def secret(setting: str, value: str) -> Callable[[Cloud], None]:
    return lambda cloud: doctor.put(cloud, setting, value)


def parameter(setting: str, value: str) -> Callable[[Cloud], None]:
    return lambda cloud: cloud.client("ssm").put_parameter(Name=SETTINGS[setting], Value=value, Overwrite=True)


def drop_an_alert(cloud: Cloud) -> None:
    """The scope of this deployment names another service than the sample's."""
    deliver(cloud, "pagerduty", pagerduty())


def without_topic(setting: str) -> Callable[[Cloud], None]:
    return lambda cloud: cloud.client("sns").delete_topic(TopicArn=SETTINGS[setting])


def nobody_confirms(setting: str) -> Callable[[Cloud], None]:
    """As AWS lists an address before its owner has pressed the link; moto confirms every one at once."""

    def wait(_: Cloud) -> None:
        for one in sns_backends[ACCOUNT][REGION].subscriptions.values():
            if one.topic.arn == SETTINGS[setting]:
                one.arn = "PendingConfirmation"

    return wait


def in_kubernetes(platform: dict[str, Any] | None = None, **world: Any) -> Callable[[Cloud], None]:
    def move(cloud: Cloud) -> None:
        cloud.put_credentials(credentials(cloud.sandbox.url) | {"kubernetes": "kubernetes-credential-0001"})
        kubernetes = {"api_url": f"{cloud.sandbox.url}/kubernetes", "external_secret": "twinmind-secrets"}
        kubernetes |= platform or {}
        service = {"platform": {"kind": "kubernetes", "kubernetes": kubernetes}}
        doctor.override(cloud, {"endpoints": {"service": service}})
        cloud.sandbox.patch({"kubernetes": world})

    return move


def without_people(cloud: Cloud) -> None:
    sns = cloud.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=SETTINGS["TOPIC_ARN"])["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def subscription(**change: Any) -> Callable[[Cloud], None]:
    return patch(pagerduty={"subscriptions": {"PSUB1": change}})


def second_subscription(service: str, **more: Any) -> Callable[[Cloud], None]:
    def add(cloud: Cloud) -> None:
        first = cloud.sandbox.world["pagerduty"]["subscriptions"]["PSUB1"]
        second = first | {"filter": {"type": "service_reference", "id": service}} | more
        cloud.sandbox.patch({"pagerduty": {"subscriptions": {"PSUB2": second}}})

    return add


# What may be meant so, or what nobody can tell: said with what to do, and not called wrong.
ONLY_SAID = {"an alert that scope dropped", "nothing may act", "a webhook that takes no dry run"}
WRONG_KEY = "tm_sk_nobody_knows_this_one"
# What is broken, the check that must name it, and what it says.
BREAKS: dict[str, tuple[Callable[[Cloud], None], str, str]] = {
    "a tab in the override": (parameter("RUNBOOK_PARAMETER", "modes:\n\tx: 1"), "override", "line 2"),
    "an alert that scope dropped": (drop_an_alert, "scope", "dropped as out of scope: 1 of pagerduty"),
    "a zone that is none": (
        parameter("RUNBOOK_PARAMETER", '{"timezone": "Mars/Olympus"}'),
        "override",
        "there is no zone 'Mars/Olympus'",
    ),
    "nothing may act": (override(modes="observe"), "modes", "every action only observes"),
    "a status page elsewhere": (
        lambda cloud: doctor.override(cloud, {"endpoints": {"status_page_url": f"{cloud.sandbox.url}/elsewhere"}}),
        "TwinMind status page",
        "404",
    ),
    "a wrong clock": (patch(faults={"twinmind": {"clock_off_seconds": 600}}), "clock", "s away from TwinMind's"),
    "the stop switch": (parameter("STOP_PARAMETER", "stop"), "stop switch", "stopped"),
    "a vendor's name mistyped": (
        lambda cloud: cloud.put_credentials(credentials(cloud.sandbox.url) | {"pagerdutty": "x"}),
        "vendor credentials",
        "no vendor reads pagerdutty",
    ),
    "a sender without a secret": (
        secret("WEBHOOK_SECRET", json.dumps({**WEBHOOK_SECRETS, "opsgenie": ""})),
        "webhook secrets",
        "none for opsgenie",
    ),
    "no page signing secret": (secret("PAGE_SIGNING_SECRET", " "), "page signing secret", "no value"),
    "a wrong production key": (secret("TWINMIND_API_KEY_SECRET", WRONG_KEY), "production key", "refuses"),
    "no standby key": (secret("TWINMIND_STANDBY_KEYS_SECRET", '{"keys": []}'), "standby keys", "none is staged"),
    "a dead standby key": (
        secret("TWINMIND_STANDBY_KEYS_SECRET", json.dumps({"keys": [WRONG_KEY]})),
        "standby keys",
        "key 1 is refused",
    ),
    "a refused PagerDuty key": (patch(credentials={"pagerduty": "another"}), "PagerDuty key", "Authentication failed"),
    "somebody else's bot user": (
        patch(pagerduty={"users": {"bot@example.com": "PSOMEBODY"}}),
        "PagerDuty user",
        "PSOMEBODY",
    ),
    "nobody has from_email": (patch(pagerduty={"users": {"a@example.com": "PA"}}), "PagerDuty user", "no user has"),
    "no subscription": (subscription(url="https://elsewhere.example/x"), "PagerDuty subscription", "no webhook"),
    "a subscription that is off": (subscription(active=False), "PagerDuty subscription", "switched off"),
    "a subscription after failures": (subscription(temporarily_disabled=True), "PagerDuty subscription", "disabled"),
    "a subscription without events": (
        subscription(events=["incident.triggered"]),
        "PagerDuty subscription",
        "events",
    ),
    "a subscription out of scope": (
        subscription(filter={"type": "service_reference", "id": "PSELSE1"}),
        "PagerDuty subscription",
        "PSELSE1, which scope does not name",
    ),
    "a second subscription out of scope": (
        second_subscription("PSELSE1"),
        "PagerDuty subscription",
        "PSELSE1, which scope does not name",
    ),
    "a service in scope without a subscription": (
        override(scope={"services": ["PSOURS1", "PSOURS2"]}),
        "PagerDuty subscription",
        "none is of PSOURS2, which is in scope",
    ),
    "a second subscription with another secret": (
        second_subscription("PSOURS1", secret="not-ours"),
        "PagerDuty webhook secret",
        "did not come through",
    ),
    "another signing secret": (subscription(secret="not-ours"), "PagerDuty webhook secret", "did not come through"),
    "no acknowledgement time-out": (
        patch(pagerduty={"incidents": {"Q1": {"service_id": "PSOURS1", "acknowledgement_timeout_seconds": None}}}),
        "PagerDuty acknowledgement time-out",
        "never acknowledges",
    ),
    "a person who is not in the pager": (
        patch(pagerduty={"users": {"bot@example.com": "PRESPONDER", "jane@example.com.au": "PJANE"}}),
        "PagerDuty people",
        "no user jane@example.com,",
    ),
    "a refused Opsgenie key": (patch(credentials={"opsgenie": "another"}), "Opsgenie key", "Could not authenticate"),
    "a refused JSM key": (patch(credentials={"jsm": "another"}), "JSM key", "Could not authenticate"),
    "a revoked Slack token": (patch(slack={"error": "token_revoked"}), "Slack token", "token_revoked"),
    "a missing scope": (patch(slack={"scopes": ["chat:write", "channels:read"]}), "Slack scopes", "channels:history"),
    "a bot outside the channel": (patch(slack={"not_in": ["C0INCIDENTS"]}), "Slack channel", "not in"),
    "no signing secret of Slack": (
        secret("WEBHOOK_SECRET", json.dumps(WEBHOOK_SECRETS)),
        "Slack buttons",
        "every press is refused",
    ),
    "one who may acknowledge and left": (patch(slack={"gone": ["U0ONCALL2"]}), "Slack approvers", "deactivated"),
    "an approver who left": (patch(slack={"gone": ["U0ONCALL1"]}), "Slack approvers", "deactivated"),
    "a refused Statuspage key": (patch(credentials={"statuspage": "another"}), "Statuspage page", "authenticate"),
    "a component that is gone": (
        override(vendors={"statuspage": {"component_ids": ["cmptranscribe", "cmpgone"]}}),
        "Statuspage components",
        "cmpgone",
    ),
    "a refused Jira token": (patch(credentials={"tickets": "another"}), "Jira login", "authenticated"),
    "another Jira project": (patch(tickets={"project": "ELSE"}), "Jira project", "No project"),
    "an issue type that is not there": (override(vendors={"jira": {"issue_type": "Incident"}}), "Jira project", "Task"),
    "a required field": (patch(tickets={"required_fields": ["Team"]}), "Jira project", "must have Team"),
    "a Teams workflow without https": (
        lambda cloud: cloud.put_credentials(credentials(cloud.sandbox.url) | {"teams": "ftp://example.com/w"}),
        "Teams",
        "over https only",
    ),
    "a Teams workflow elsewhere": (
        lambda cloud: cloud.put_credentials(credentials(cloud.sandbox.url) | {"teams": "https://flows.example/w?sig=1"}),
        "Teams",
        "flows.example:443 is not pinned",
    ),
    "stakeholders who did not confirm": (nobody_confirms("STAKEHOLDER_TOPIC_ARN"), "stakeholder topic", "1 not conf"),
    "stakeholders without a topic": (without_topic("STAKEHOLDER_TOPIC_ARN"), "stakeholder topic", "not there"),
    "alarms without a topic": (without_topic("TOPIC_ARN"), "alarm topic", "not there"),
    "alarms that nobody confirmed": (nobody_confirms("TOPIC_ARN"), "alarm topic", "nobody has confirmed"),
    "nobody reads alarms": (without_people, "alarm topic", "nobody is subscribed"),
    "a level that reaches nobody": (
        override(escalation={"3": {"upstream": None}}),
        "escalation levels",
        "level 3 (Engineering manager) reaches nobody",
    ),
    "a level that Slack cannot tell from the one before": (
        override(escalation={level: {"upstream": None, "slack_mention": "<!subteam^S01>"} for level in ("2", "3")}),
        "escalation levels",
        "level 3 (Engineering manager) reaches nobody new",
    ),
    "a topic of another name": (
        override(escalation={"2": {"topic_arn": "arn:aws:sns:us-east-1:123456789012:leads"}}),
        "escalation levels",
        "level 2: its topic is not called responder-escalation-",
    ),
    "a topic that nobody made": (
        override(escalation={"2": {"topic_arn": f"arn:aws:sns:us-east-1:123456789012:{STACK}-escalation-nobody"}}),
        "escalation levels",
        "level 2: its topic is not there",
    ),
    "a wrong path of our service": (
        override(endpoints={"service": {"health_path": "/healthz"}}),
        "service health",
        "404",
    ),
    "no metrics": (override(endpoints={"service": {"metrics_path": "/health"}}), "service metrics", "/health: "),
    "a cluster that may only be read": (
        in_kubernetes(forbidden=["patch deployments"]),
        "consumers",
        'cannot patch resource "deployments"',
    ),
    "a policy that refuses a restart": (
        in_kubernetes(admission_webhook={"denies": "no changes on Fridays"}),
        "consumers",
        "no changes on Fridays",
    ),
    "a webhook that takes no dry run": (
        in_kubernetes(admission_webhook={"side_effects": True}),
        "consumers",
        "does not support dry run",
    ),
    "a Deployment of another name": (
        in_kubernetes(platform={"deployment": "twinmind"}),
        "consumers",
        'deployments.apps "twinmind" not found',
    ),
    "a Secret without the key": (
        in_kubernetes(platform={"secret_field": "token"}),
        "consumers",
        "has no field token",
    ),
    "a Secret that is never refreshed": (
        in_kubernetes(externalsecrets={"twinmind-secrets": {"spec": {"refreshInterval": "0"}}}),
        "ExternalSecret",
        "never refreshes",
    ),
    "an ExternalSecret that may not be changed": (
        in_kubernetes(forbidden=["patch externalsecrets"]),
        "ExternalSecret",
        'cannot patch resource "externalsecrets"',
    ),
    "no hook": (override(endpoints={"service": {"restart_hook_path": None}}), "consumers", "people must restart"),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_what_is_broken_is_named_with_what_to_do(mended: Cloud, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("checks.subscription.PING_SECONDS", 0.5)
    break_it, check, said = BREAKS[broken]
    break_it(mended)
    found = doctor.examined(mended)[check]
    assert said in found["text"], found
    assert found["outcome"] == ("unknown" if broken in ONLY_SAID else "wrong"), found
    assert found["todo"]


def test_a_ping_of_one_subscription_proves_no_other(mended: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes while the second is tried is a ping of the first, late or asked for by somebody else."""
    monkeypatch.setattr("checks.subscription.PING_SECONDS", 0.5)
    second_subscription("PSOURS1", headers={"X-Webhook-Subscription": "PSUB1"})(mended)
    found = doctor.examined(mended)["PagerDuty webhook secret"]
    assert (found["outcome"], "did not come through" in found["text"]) == ("wrong", True), found


def test_an_old_subscription_beside_the_one_in_use_is_no_fault(mended: Cloud) -> None:
    second_subscription("PSELSE1", active=False)(mended)
    found = doctor.examined(mended)
    assert found["PagerDuty subscription"]["outcome"] == found["PagerDuty webhook secret"]["outcome"] == "ok", found


def test_people_hear_once_of_what_becomes_wrong(mended: Cloud) -> None:
    before = len(notices())
    mended.invoke("doctor", {"tell": True})
    assert len(notices()) == before
    mended.sandbox.patch({"slack": {"error": "token_revoked"}})
    for _ in range(2):
        mended.invoke("doctor", {"tell": True})
    (told,) = notices()[before:]
    assert "Slack token: auth.test: token_revoked. What to do: responder configure slack." in told


def test_what_stays_wrong_is_said_again_once_a_week(mended: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    override(escalation={"3": {"upstream": None}})(mended)
    before, started, told = len(notices()), now(), []
    for day in range(15):
        monkeypatch.setattr("checks.run.now", lambda day=day: started + timedelta(days=day))
        mended.invoke("doctor", {"tell": True})
        told.append(len(notices()) - before)
    assert told == [1] * 7 + [2] * 7 + [3]
    assert all("level 3 (Engineering manager) reaches nobody new" in text for text in notices()[before:])


def test_every_check_is_broken_by_a_test_and_by_the_drill() -> None:
    """`versions` is the command's own check: tests/contract/test_command_line.py."""
    assert {check for _, check, _ in BREAKS.values()} == set(CHECKS)
    assert {one.check for one in doctor_drill.BREAKS} == set(CHECKS)
    assert len(set(doctor_drill.AT_ONCE) & set(CHECKS)) == 10


def test_a_dry_run_is_judged_as_a_restart_and_changes_nothing(mended: Cloud) -> None:
    in_kubernetes(rollout_seconds=0.1)(mended)
    before = mended.sandbox.world["kubernetes"]
    kept = json.dumps([before["deployments"], before["externalsecrets"]])
    found = doctor.examined(mended)
    assert found["consumers"]["outcome"] == found["ExternalSecret"]["outcome"] == "ok", found
    asked = [one for one in mended.sandbox.journal("kubernetes") if one["method"] == "PATCH"]
    assert {one["path"].rpartition("/namespaces/default/")[2] for one in asked} == {
        "deployments/twinmind-service",
        "externalsecrets/twinmind-secrets",
    }
    assert "restartedAt" in json.dumps(asked)
    assert "force-sync" in json.dumps(asked)
    after = mended.sandbox.world["kubernetes"]
    assert json.dumps([after["deployments"], after["externalsecrets"]]) == kept


@pytest.mark.parametrize("vendor", ["pagerduty", "opsgenie", "slack", "statuspage", "tickets", "twinmind", "service"])
@pytest.mark.parametrize("fault", [{"drop": True}, {"fail_next": [{"status": 503, "times": 99}]}])
def test_a_vendor_that_does_not_answer_is_no_wrong_setting(mended: Cloud, vendor: str, fault: dict[str, Any]) -> None:
    """What nobody can tell now must not be mailed as what became wrong."""
    mended.sandbox.patch({"faults": {vendor: fault}})
    found = doctor.examined(mended)
    assert {name: one["text"] for name, one in found.items() if one["outcome"] == "wrong"} == {}
    assert len([one for one in found.values() if one["outcome"] == "unknown"]) > len(ONLY_BY_DOING)


def test_a_parameter_that_cannot_be_read_is_no_wrong_setting(mended: Cloud) -> None:
    ssm = mended.client("ssm")
    kept = {
        name: ssm.get_parameter(Name=SETTINGS[name])["Parameter"]["Value"]
        for name in ("STOP_PARAMETER", "API_URL_PARAMETER")
    }
    try:
        for name in kept:
            ssm.delete_parameter(Name=SETTINGS[name])
        found = doctor.examined(mended)
        assert {found[name]["outcome"] for name in ("stop switch", "PagerDuty subscription")} == {"unknown"}
    finally:
        for name, value in kept.items():
            ssm.put_parameter(Name=SETTINGS[name], Value=value, Type="String")

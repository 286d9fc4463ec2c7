"""Whoever can write the override, or a pinned runbook, cannot choose where a key goes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from responder.aws.incident_table import incident_table
from responder.aws.parameters import runbook_in_force
from responder.config.base import Mode
from responder.config.credential_hosts import refused_address, refused_secret_address
from responder.config.runbook import merge, packaged, with_override
from responder.config.settings import settings
from responder.context import open_context
from responder.integrations.slack import incoming_webhook
from responder.integrations.slack.incoming_webhook import CREDENTIAL as WEBHOOK
from responder.integrations.teams import channel as teams
from responder.integrations.teams.channel import CREDENTIAL as TEAMS
from tests.support.inprocess import SETTINGS, Cloud, credentials, fast_runbook, running_cloud
from tests.support.notifications import context_at, recent

AS_DEPLOYED = ","  # CREDENTIAL_HOSTS on AWS where the parameter CredentialHosts is empty


def at(*path: str) -> Any:
    """A builder of overrides with the address in that place."""

    def build(url: str) -> dict[str, Any]:
        found: Any = url
        for name in reversed(path):
            found = {name: found}
        return dict(found)

    return build


def _hook(url: str) -> dict[str, Any]:
    return {"endpoints": {"service": {"base_url": url, "restart_hook_path": "/restart"}}}


VENDORS = ("slack", "pagerduty", "opsgenie", "jsm", "statuspage", "jira")
PLACES = {
    "twinmind": at("endpoints", "twinmind", "base_url"),
    "hook": _hook,
    "kubernetes": at("endpoints", "service", "platform", "kubernetes", "api_url"),
    **{
        name: at("vendors", name, "api_url") for name in ("slack", "pagerduty", "opsgenie", "jsm", "statuspage", "jira")
    },
    "outgoing webhook": at("vendors", "outgoing_webhook", "url"),
}
ADDRESSES = (
    "https://evil.example",
    "https://evil.example/v1",
    "HTTPS://EVIL.EXAMPLE",
    "https://HOST.evil.example",
    "https://evil.example/HOST",
    "https://evil.example?HOST",
    "https://evil.example#HOST",
    "https://evil.example\\@HOST",
    "https://evil.example\\.HOST",
    "https://HOST@evil.example",
    "https://HOST:x@evil.example",
    "https://HOST:8443",
    "https://HOST.",
    "https://not-HOST",
    "http://HOST",
    "http://HOST:443",
    "https://127.0.0.1",
    "https://localhost",
    "https://[::1]",
    "https://169.254.169.254",
    "https://2130706433",
    "https://ｅvil.example",
    "https://HOST\u3002evil.example",
    "https://HOST\t.evil.example",
)


@pytest.fixture(scope="module")
def own_hosts() -> dict[str, str]:
    """The host that each place has in the packaged runbook, or would have."""
    vendors = packaged().vendors.model_dump()
    known = {name: section.get("api_url") for name, section in vendors.items()}
    known["twinmind"] = packaged().endpoints.twinmind.base_url
    return {name: (known.get(name) or "https://ours.example").split("/")[2] for name in PLACES}


def is_refused(override: dict[str, Any]) -> bool:
    try:
        return refused_address(with_override(json.dumps(override)), AS_DEPLOYED) is not None
    except ValueError:
        return True


@pytest.mark.parametrize("place", PLACES)
def test_no_address_but_the_pinned_one_passes(place: str, own_hosts: dict[str, str]) -> None:
    passed = [one for one in ADDRESSES if not is_refused(PLACES[place](one.replace("HOST", own_hosts[place])))]
    assert passed == []


def test_what_is_packaged_or_listed_passes() -> None:
    assert refused_address(packaged(), AS_DEPLOYED) is None
    for place, url in (("pagerduty", "https://api.eu.pagerduty.com"), ("opsgenie", "https://api.eu.opsgenie.com")):
        assert not is_refused(PLACES[place](url))
    # Without a hook the service gets no credential.
    assert not is_refused({"endpoints": {"service": {"base_url": "http://service.internal:8080"}}})
    for listed, url in (
        ("ours.example", "https://ours.example/rest/api/3"),
        ("ours.example:6443", "https://Ours.example:6443/rest/api/3"),
    ):
        for place in ("hook", "kubernetes", "jira", "outgoing webhook"):
            runbook = with_override(json.dumps(PLACES[place](url)))
            assert refused_address(runbook, f",{listed}") is None
            assert refused_address(runbook, ",another.example") is not None


# Its entry in the vendor credentials, the vendor's hosts, one of them, and one that looks alike.
SECRET_ADDRESSES = [
    (TEAMS, teams.HOSTS, f"x1.4a{teams.HOSTS[0]}", "https://x1.4a-environment.api.powerplatform.com"),
    (TEAMS, teams.HOSTS, f"prod-1.westeurope{teams.HOSTS[1]}", "https://prod-1.westeurope.xlogic.azure.com"),
    (WEBHOOK, incoming_webhook.HOSTS, "hooks.slack.com", "https://x.hooks.slack.com"),
    (WEBHOOK, incoming_webhook.HOSTS, "hooks.slack-gov.com", "https://hooks.slack.com.evil.example"),
]


@pytest.mark.parametrize(("name", "hosts", "own", "alike"), SECRET_ADDRESSES)
def test_an_address_that_is_a_secret_has_the_vendor_s_host_too(
    name: str, hosts: tuple[str, ...], own: str, alike: str
) -> None:
    secret = "/workflows/w1/invoke?sp=%2Frun&sig=a-secret-sig-0001"
    for url in (f"https://{own}{secret}", f"https://{own}:443{secret}"):
        assert refused_secret_address(name, url, AS_DEPLOYED, hosts) is None
    # A host below the vendor's own domain is the vendor's.
    tried = [one.replace("HOST", own) for one in ADDRESSES if one != "https://not-HOST"] + [alike]
    found = {one: refused_secret_address(name, one + secret, AS_DEPLOYED, hosts) for one in tried}
    assert [one for one, why in found.items() if why is None] == []
    assert "a-secret-sig" not in str(list(found.values()))
    assert refused_secret_address(name, f"https://flows.ours.example{secret}", ",flows.ours.example", hosts) is None


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """As deployed to AWS: the sandbox, at an address of this machine, is a stranger."""
    with running_cloud(monkeypatch, execute=False) as running:
        monkeypatch.setenv("CREDENTIAL_HOSTS", AS_DEPLOYED)
        settings.cache_clear()
        running.put_credentials(credentials(running.sandbox.url))
        yield running
    settings.cache_clear()


def probed(cloud: Cloud, incident_id: str) -> list[str]:
    """What reached the stranger from a probe run and an announcement."""
    event = {"incident_id": incident_id, "execution_number": 1, "probe_run": "r1", "sparing": False, "slot": 0}
    cloud.invoke("run_diagnostics", event)
    cloud.invoke("announce_incident", {"incident_id": incident_id, "execution_number": 1})
    return [call["vendor"] for call in cloud.sandbox.journal()]


def test_an_override_with_another_host_observes_alarms_and_sends_nothing(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    runbook, problem = runbook_in_force(SETTINGS["RUNBOOK_PARAMETER"])
    assert "is not valid: endpoints.twinmind.base_url: a credential goes out over https only" in str(problem)
    assert runbook.endpoints == packaged().endpoints
    assert set(runbook.modes.model_dump().values()) == {Mode.OBSERVE}
    assert cloud.invoke("audit", {})["override"] == problem
    assert "RunbookOverrideBad" in capsys.readouterr().out
    assert probed(cloud, context_at(recent("pd-QO")).incident.id) == []


def test_a_pinned_runbook_with_another_host_is_not_used(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.set_runbook({})
    stranger = with_override(json.dumps(merge(fast_runbook(cloud.sandbox.url), {"modes": "auto"})))
    ctx = context_at(recent("pd-QP"))
    incident_table().pin_runbook(ctx.incident.id, stranger)
    used = open_context({"incident_id": ctx.incident.id}).runbook
    assert used.endpoints == packaged().endpoints
    assert set(used.modes.model_dump().values()) == {Mode.OBSERVE}
    assert "RunbookOverrideBad" in capsys.readouterr().out
    assert probed(cloud, ctx.incident.id) == []
    # The same incident in a stack that allows the host: what is looked for does get there.
    monkeypatch.setenv("CREDENTIAL_HOSTS", "local,")
    settings.cache_clear()
    assert {"twinmind", "pagerduty", "slack", "teams"} <= set(probed(cloud, ctx.incident.id))


def test_a_secret_address_elsewhere_gets_nothing_and_people_are_told_why(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.put_credentials({TEAMS: f"{cloud.sandbox.url}/teams/x?sig=a-secret-sig-0001", WEBHOOK: "https://e.example/x"})
    cloud.set_runbook({"modes": "observe"})
    ctx = context_at(recent("pd-QR"))
    assert probed(cloud, ctx.incident.id) == []
    said = [entry.text for entry in ctx.table.timeline(ctx.incident.id) if "our secret cannot be used" in entry.text]
    assert any("teams: a credential goes out over https only" in one for one in said)
    assert any("slack_webhook: e.example:443 is not pinned" in one for one in said)
    assert "a-secret-sig" not in str(said) + capsys.readouterr().out

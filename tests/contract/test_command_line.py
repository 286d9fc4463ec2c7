"""`responder`: what it asks, tries, writes and says, and with which exit code; no credential is shown."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from responder.aws.active_secrets import active_secrets
from responder.integrations.statuspage import client as statuspage_client
from responder_cli import main
from responder_cli.target import TargetStack, connected
from tests.support import doctor
from tests.support.approval_request import ask_people, the_ask
from tests.support.command_line import Run, command_line
from tests.support.inprocess import SETTINGS, Cloud, credentials, running_cloud
from tests.support.notifications import context_at, recent


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    monkeypatch.setattr(statuspage_client, "PACE_SECONDS", 0.0)
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


@pytest.fixture
def run(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    with command_line(cloud, monkeypatch) as command:
        yield command


def override(cloud: Cloud) -> Any:
    return yaml.safe_load(cloud.runbook_text())


def stored(cloud: Cloud, setting: str) -> str:
    return str(cloud.client("secretsmanager").get_secret_value(SecretId=SETTINGS[setting])["SecretString"])


def test_a_part_is_asked_tried_shown_and_written(cloud: Cloud, run: Run) -> None:
    cloud.sandbox.patch({"credentials": {"slack": "xoxb-right-one-0001"}})
    before = override(cloud)
    answers = ("#incidents", "C0WARROOM1", "xoxb-wrong-one-0001", "xoxb-right-one-0001", "signing-secret-0009", "y")
    done = run("configure", "slack", typed=answers)
    assert done.exit_code == 0, done.output
    assert "must be a channel's id" in done.output
    assert "refused: invalid_auth" in done.output
    assert "+    channel: C0WARROOM1" in done.output
    assert not any(secret in done.output for secret in answers[2:5])
    assert override(cloud)["vendors"]["slack"]["channel"] == "C0WARROOM1"
    assert override(cloud)["endpoints"] == before["endpoints"]
    assert json.loads(stored(cloud, "VENDOR_CREDENTIALS_SECRET"))["slack"] == "xoxb-right-one-0001"
    assert json.loads(stored(cloud, "VENDOR_CREDENTIALS_SECRET"))["jsm"] == credentials(cloud.sandbox.url)["jsm"]
    assert active_secrets(stored(cloud, "WEBHOOK_SECRET"), "slack") == ("signing-secret-0009",)


def test_a_key_of_jira_service_management_is_tried_without_making_an_alert(cloud: Cloud, run: Run) -> None:
    cloud.sandbox.patch({"credentials": {"jsm": "jsm-credential-0009"}})
    answers = ("yes", "responder", "none", "another-key-0001", "jsm-credential-0009", "")
    done = run("configure", "jsm", "--yes", typed=answers)
    assert "refused: HTTP 401, Could not authenticate" in done.output
    assert "accepted" in done.output
    assert {one["method"] for one in cloud.sandbox.journal("jsm")} == {"GET"}


# What is typed for each, whether it is taken, and what is said. Of each vendor's shape, and plainly none.
OTHERS: dict[str, tuple[str, bool, str]] = {
    "a Teams address": ("https://default.environment.api.powerplatform.com/w", True, "untried: a call would post"),
    "a Teams address without https": ("flows.example/w", False, "refused: a workflow's address begins with https"),
    "a signing key": (f"whsec_{'A' * 32}", True, "untried: its form is right"),
    "a signing key of another kind": ("xoxb-example", False, "refused: a signing key is whsec_"),
    "a Kubernetes token": ("kubernetes-credential-0009", True, "accepted"),
    "a Kubernetes token of another cluster": ("kubernetes-another-0001", False, "refused: HTTP 401"),
    "a token that may patch": ("kubernetes-credential-0009", True, "accepted"),
    "a restart hook's token": ("hook-credential-0001", True, "untried: a call would restart your service"),
}
PLACES = ("Teams", "signing", "Kubernetes", "patch", "hook")


@pytest.mark.parametrize("what", OTHERS)
def test_every_other_credential_is_tried_or_said_to_be_untried(cloud: Cloud, run: Run, what: str) -> None:
    in_kubernetes = {"api_url": f"{cloud.sandbox.url}/kubernetes"}
    cloud.change_runbook({"endpoints": {"service": {"platform": {"kind": "kubernetes", "kubernetes": in_kubernetes}}}})
    cloud.sandbox.patch({"credentials": {"kubernetes": "kubernetes-credential-0009"}})
    credential, taken, said = OTHERS[what]
    place = next(number for number, word in enumerate(PLACES) if word in what)
    done = run("configure", "others", "--yes", typed=(*[""] * place, credential, *[""] * len(PLACES)))
    assert said in done.output, done.output
    assert credential not in done.output
    assert (credential in stored(cloud, "VENDOR_CREDENTIALS_SECRET")) is taken


def test_a_cluster_out_of_reach_from_here_is_left_to_the_doctor(cloud: Cloud, run: Run) -> None:
    in_kubernetes = {"api_url": "http://127.0.0.1:9"}
    cloud.change_runbook({"endpoints": {"service": {"platform": {"kind": "kubernetes", "kubernetes": in_kubernetes}}}})
    done = run("configure", "others", "--yes", typed=("", "", "kubernetes-credential-0002", "", ""))
    assert "`responder doctor` tries it from the stack" in done.output
    assert "kubernetes-credential-0002" in stored(cloud, "VENDOR_CREDENTIALS_SECRET")


def test_jira_s_site_in_place_of_its_api_is_asked_again(cloud: Cloud, run: Run) -> None:
    right = f"{cloud.sandbox.url}/tickets/rest/api/3"
    done = run("configure", "jira", "--yes", typed=("https://site.atlassian.net", f"{right}/", "", "OTHER", "", ""))
    assert "api_url: must be the address of the API itself" in done.output
    assert override(cloud)["vendors"]["jira"]["project_key"] == "OTHER", done.output


# The part, what is typed at its first question, and what is said.
OTHER_FIELDS: dict[str, tuple[str, str, str]] = {
    "the pager's site": ("pager", "https://acme.pagerduty.com", "api_url: must be the address of the API itself"),
    "the page's address": ("statuspage", "https://status.example.com", "page_id: must be the page's id"),
    "the site of Jira": ("jira", "https://site.atlassian.net", "api_url: must be the address of the API itself"),
    "a page of Jira": (
        "jira",
        "https://site.atlassian.net/?next=/rest/api/3",
        "api_url: must be the address of the API itself",
    ),
    "a person as a channel": ("slack", "U0ONCALL1", "channel: must be a channel's id"),
    "a name as a member id": ("approvers", "@jane", "must be a Slack user's id"),
    "neither yes nor no": ("jsm", "maybe", "enabled: Input should be a valid boolean"),
    "a mode's other spelling": ("modes", "observed", "must be observe or approve or auto"),
}


@pytest.mark.parametrize("what", OTHER_FIELDS)
def test_a_value_of_another_field_is_asked_again(cloud: Cloud, run: Run, what: str) -> None:
    part, value, said = OTHER_FIELDS[what]
    before = cloud.runbook_text()
    done = run("configure", part, "--yes", typed=(value, *[""] * 8))
    assert said in done.output
    assert "line 1" not in done.output
    assert "nothing is new" in done.output, done.output
    assert cloud.runbook_text() == before


def test_what_was_copied_with_a_byte_order_mark_is_taken_without_it(cloud: Cloud, run: Run) -> None:
    cloud.sandbox.patch({"credentials": {"slack": "xoxb-right-one-0001"}})
    odd = ("xoxb-right\u2010one-0001", "\ufeffxoxb-right-one-0001", "too-short", "\ufeffsigning-secret-0009\u200b")
    done = run("configure", "slack", "--yes", typed=("\ufeffC0WARROOM1", *odd))
    assert "refused: Slack bot token (xoxb-…) holds the character U+2010 at place 11" in done.output
    assert "refused: it has 16 characters or more" in done.output
    assert override(cloud)["vendors"]["slack"]["channel"] == "C0WARROOM1"
    assert json.loads(stored(cloud, "VENDOR_CREDENTIALS_SECRET"))["slack"] == "xoxb-right-one-0001"
    assert active_secrets(stored(cloud, "WEBHOOK_SECRET"), "slack") == ("signing-secret-0009",)


def test_nothing_is_written_without_a_yes_and_nothing_is_asked_of_other_parts(cloud: Cloud, run: Run) -> None:
    before = cloud.runbook_text()
    done = run("configure", "approvers", typed=("U0ONCALL1, U0ONCALL2", "", "", "", "n"))
    assert done.exit_code == 130
    assert "+    - U0ONCALL2" in done.output
    assert cloud.runbook_text() == before
    assert run("configure", "approvers", "--yes", typed=("U0ONCALL1", "", "", "")).exit_code == 0
    assert override(cloud)["approvals"] == {"approvers": {"slack": ["U0ONCALL1"]}}
    again = run("configure", "approvers", typed=("U0ONCALL1", "", "", ""))
    assert "nothing is new" in again.output


def test_approvers_are_named_where_nothing_of_slack_s_buttons_was_set(cloud: Cloud, run: Run) -> None:
    before = override(cloud)
    bare = {name: value for name, value in before["vendors"]["slack"].items() if name not in ("team_id", "app_id")}
    text = json.dumps(before | {"vendors": before["vendors"] | {"slack": bare}, "approvals": {}})
    cloud.client("ssm").put_parameter(Name=SETTINGS["RUNBOOK_PARAMETER"], Value=text, Type="String", Overwrite=True)
    done = run("configure", "approvers", "--yes", typed=("U0ONCALL1", "", "T0123456789", "A0123456789"))
    assert done.exit_code == 0, done.output
    assert override(cloud)["approvals"]["approvers"]["slack"] == ["U0ONCALL1"]
    assert override(cloud)["vendors"]["slack"] == bare | {"team_id": "T0123456789", "app_id": "A0123456789"}


def test_people_are_named_to_the_pager_and_taken_off_again(cloud: Cloud, run: Run) -> None:
    typed = ("U0ONCALL1", "U0ONCALL1=jane", "U0ONCALL1 = jane@example.com, U0ONCALL2=joe@example.com", "", "")
    done = run("configure", "approvers", "--yes", typed=typed)
    assert "approvals.pager_users.U0ONCALL1: must be an e-mail address" in done.output
    named = {"U0ONCALL1": "jane@example.com", "U0ONCALL2": "joe@example.com"}
    assert override(cloud)["approvals"]["pager_users"] == named
    assert run("configure", "approvers", "--yes", typed=("", "none", "", "")).exit_code == 0
    assert override(cloud)["approvals"]["pager_users"] == {}


def test_a_part_that_cannot_be_meant_as_a_whole_is_not_written(cloud: Cloud, run: Run) -> None:
    """Opsgenie is enabled in this deployment, and these names are PagerDuty's."""
    before = cloud.runbook_text()
    pager = (cloud.sandbox.url + "/pagerduty", "bot@example.com", "PRESPONDER", "PABC123", "", "")
    done = run("configure", "pager", typed=pager)
    assert done.exit_code == 3
    assert "scope would drop every alert of" in done.output
    assert cloud.runbook_text() == before


def test_begin_by_watching_is_one_word(cloud: Cloud, run: Run) -> None:
    assert run("configure", "modes", "--yes", typed=("observe",)).exit_code == 0
    assert override(cloud)["modes"] == "observe"
    assert run("configure", "modes", "--yes", typed=("own",)).exit_code == 0
    assert override(cloud)["modes"] == {}


def test_the_doctor_s_screen_and_its_exit_code(cloud: Cloud, run: Run) -> None:
    with doctor.front_door(cloud) as url:
        doctor.right(cloud, url)
        healthy = run("doctor")
        cloud.sandbox.patch({"slack": {"not_in": ["C0INCIDENTS"]}})
        sick = run("doctor")
        as_json = run("--json", "doctor")
    assert healthy.exit_code == 0, healthy.output
    assert "✗" not in healthy.output
    assert sick.exit_code == 1
    line, todo, last = [line for line in sick.output.splitlines() if "Slack channel" in line or "/invite" in line]
    assert last == "wrong: Slack channel"
    assert line.split() == ["✗", "Slack", "channel", "the", "bot", "is", "not", "in", "C0INCIDENTS"]
    assert todo.strip() == "→ invite it: /invite in that channel"
    assert as_json.exit_code == 1
    assert {one["outcome"] for one in json.loads(as_json.output)["checks"]} == {"ok", "wrong", "unknown", "off"}


def test_incidents_are_listed_shown_and_paged(cloud: Cloud, run: Run) -> None:
    context_at(recent("pd-Q1", page_url="https://api.example.com/v1/incidents/pd-Q1/page?token=t"))
    assert "pd-Q1" in run("incidents", "list").output
    assert "because twinmind_account: our key is answered with 401." in run("incidents", "show", "pd-Q1").output
    assert run("incidents", "page", "pd-Q1").output.strip().endswith("token=t")
    assert json.loads(run("--json", "incidents", "list").output)["incidents"][0]["id"] == "pd-Q1"
    unknown = run("incidents", "show", "pd-NOBODY")
    assert (unknown.exit_code, "there is no incident pd-NOBODY" in unknown.output) == (3, True)


def test_an_approval_shows_the_plan_first_and_counts_for_that_plan(cloud: Cloud, run: Run) -> None:
    ask_people(cloud)
    asked = run("incidents", "approve", "pd-PABC123", "--by", "jane", typed=("n",))
    assert (asked.exit_code, the_ask(cloud).decision) == (130, None)
    assert "Undo: " in asked.output
    done = run("incidents", "approve", "pd-PABC123", "--by", "jane", typed=("y",))
    assert done.exit_code == 0, done.output
    assert (the_ask(cloud).decision, the_ask(cloud).decided_by) == ("approved", "iam:jane")
    late = run("incidents", "decline", "pd-PABC123", "--by", "joe", typed=("y",))
    assert (late.exit_code, "nothing waits for an approval" in late.output) == (3, True)


def test_stop_and_resume(cloud: Cloud, run: Run) -> None:
    def switch() -> str:
        return str(cloud.client("ssm").get_parameter(Name=SETTINGS["STOP_PARAMETER"])["Parameter"]["Value"])

    assert run("incidents", "stop").exit_code == 0
    assert switch() == "stop"
    assert run("incidents", "resume").exit_code == 0
    assert switch() == "run"


def test_a_key_is_staged_unseen_once_it_works(cloud: Cloud, run: Run) -> None:
    key = "tm_sk_fresh_0123456789abcdef"
    refused = run("stage-key", typed=(key,))
    assert (refused.exit_code, "test did not pass" in refused.output) == (3, True)
    cloud.sandbox.patch({"twinmind": {"keys": {"fresh": {"key": key, "status": "active"}}}})
    done = run("stage-key", typed=(key,))
    assert done.exit_code == 0, done.output
    assert key not in done.output + refused.output
    assert json.loads(stored(cloud, "TWINMIND_STANDBY_KEYS_SECRET"))["keys"][-1] == key
    assert run("stage-key").exit_code == 3


def test_the_report_to_the_vendor_holds_calls_and_no_key(cloud: Cloud, run: Run) -> None:
    ctx = context_at(recent("pd-QV"))
    answer = cloud.invoke("run_diagnostics", {"incident_id": "pd-QV", "execution_number": 1})
    ctx.table.amend("pd-QV", evidence_run=answer["probe_run"])
    mail = run("vendor-report", "pd-QV").output
    assert "# a mail to send: enterprise-support@twinmind.com" in mail
    assert "UTC TwinMind account: HTTP 200" in mail
    assert "tm_sk_" not in mail


def test_what_cannot_be_done_is_a_sentence_and_exit_code_3(
    cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.client("ssm").delete_parameter(Name=SETTINGS["RUNBOOK_PARAMETER"])
    gone = run("configure", "modes")
    assert gone.exit_code == 3
    assert "AWS: ParameterNotFound" in gone.output
    assert "Traceback" not in gone.output
    monkeypatch.setattr(main, "connected", connected)
    nameless = run("doctor")
    assert (nameless.exit_code, "name the stack" in nameless.output) == (2, True)


def test_ctrl_c_ends_it_without_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TargetStack, "invoke", interrupt)
    stopped = run("doctor")
    assert (stopped.exit_code, "stopped; nothing more was written" in stopped.output) == (130, True)


def test_another_version_of_the_stack_is_wrong(cloud: Cloud, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with doctor.front_door(cloud) as url:
        doctor.right(cloud, url)
        monkeypatch.setattr("responder_cli.doctor.__version__", "99.0.0")
        found = run("doctor")
    assert found.exit_code == 1
    assert "this command is 99.0.0" in found.output
    assert found.output.strip().endswith("wrong: versions")

"""GET /incidents/{id}/page through its handler: who gets in, what the page says, and what never leaves it."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest

from responder.config.runbook import packaged, with_override
from responder.context import open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.finding import FindingStatus
from responder.domain.incident import IncidentStatus
from responder.integrations.slack.blocks import message
from responder.notifications.context import bare_context
from responder.notifications.messages.compose import announced, opened
from responder.notifications.messages.plain import plain_text
from responder.report.signed_link import token_for
from tests.support.inprocess import API_URL, PAGE_SECRET, SETTINGS, Cloud
from tests.support.notifications import a_finding, an_action, context_at, recent
from tests.unit.report.test_escaping import parsed

ID = "pd-PABC123"
WEEK = timedelta(days=7)


def a_token(incident_id: str = ID, life: timedelta = WEEK, secret: str = PAGE_SECRET) -> str:
    return token_for(incident_id, now() + life, secret)


def text_of(response: dict[str, Any]) -> str:
    return " ".join(" ".join(parsed(response["body"]).texts).split())


def test_the_workflow_puts_a_link_on_the_incident_and_it_opens_the_page(cloud: Cloud) -> None:
    context_at(recent(execution_arns=()))
    execution = {"name": f"{ID}-1", "arn": f"{SETTINGS['STATE_MACHINE_ARN']}:{ID}-1"}
    cloud.invoke("open_incident", {"execution": execution, "input": {"incident_id": ID, "execution_number": 1}})
    url = cloud.incident(ID)["page"]
    assert url.startswith(f"https://api.example.com/v1/incidents/{ID}/page?token={ID}.")
    assert cloud.page(ID)["statusCode"] == 200


def test_the_teams_dashboard_is_linked_where_one_is_set(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=now()))
    assert "Dashboard" not in [link.text for link in announced(bare_context(ctx)).links]
    cloud.change_runbook({"endpoints": {"service": {"dashboard_url": "https://grafana.example.com/d/twinmind"}}})
    ctx.table.pin_runbook(ID, with_override(cloud.runbook_text()))
    told = announced(bare_context(open_context({"incident_id": ID}))).links
    assert [link.url for link in told if link.text == "Dashboard"] == ["https://grafana.example.com/d/twinmind"]
    assert "https://grafana.example.com/d/twinmind" in cloud.page(ID, a_token())["body"]


def test_without_a_secret_or_an_address_the_work_begins_without_a_link_and_the_timeline_says_so(cloud: Cloud) -> None:
    ctx = context_at(recent(execution_arns=()))
    execution = {"name": f"{ID}-1", "arn": f"{SETTINGS['STATE_MACHINE_ARN']}:{ID}-1"}
    run = {"execution": execution, "input": {"incident_id": ID, "execution_number": 1}}
    ssm = cloud.client("ssm")
    ssm.delete_parameter(Name=SETTINGS["API_URL_PARAMETER"])
    try:
        assert cloud.invoke("open_incident", run)["next"] == "diagnose"
    finally:
        ssm.put_parameter(Name=SETTINGS["API_URL_PARAMETER"], Value=API_URL, Type="String")
    assert cloud.incident(ID)["page"] is None
    assert any("No link to the incident page" in entry.text for entry in ctx.table.timeline(ID))


def test_it_shows_how_things_stand_with_evidence_actions_and_timeline(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=now()))
    finding = a_finding("twinmind_account", FindingStatus.FAILED, "Our key is answered with <401>.")
    ctx.table.keep_findings(ID, "diagnosis-1-1", [finding])
    ctx.table.keep_action(ID, "rotate", an_action("promoted", "The standby key is in force."))
    ctx.record("diagnosis", "P1, key_rejected.", key="diagnosis-1-1")
    text = text_of(cloud.page(ID, a_token()))
    for part in (
        "Open, being worked on",
        "our API key is rejected",
        "Our key is answered with <401>.",
        "The standby key is in force.",
        "P1, key_rejected.",
        "Next update by",
        "reload it to see what is new",
    ):
        assert part in text


def test_a_mail_that_is_said_to_be_drafted_below_stands_there(cloud: Cloud) -> None:
    context_at(recent(cause=Cause.PROVIDER_OUTAGE, verdict=Cause.PROVIDER_OUTAGE.verdict))
    text = text_of(cloud.page(ID, a_token()))
    assert text.index("a mail is drafted below") < text.index("Subject: ")


def test_it_loads_itself_anew_only_while_the_incident_is_open(cloud: Cloud) -> None:
    ctx = context_at(recent())
    assert 'http-equiv="refresh"' not in cloud.page(ID, a_token())["body"], "by itself only where it is configured"
    runbook = packaged()
    reloading = runbook.model_copy(update={"page": runbook.page.model_copy(update={"refresh_seconds": 20})})
    ctx.table.pin_runbook(ID, reloading)
    assert '<meta http-equiv="refresh" content="20">' in cloud.page(ID, a_token())["body"]
    assert "it reloads itself while the incident is open" in text_of(cloud.page(ID, a_token()))
    ctx.table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=now())
    body = cloud.page(ID, a_token())["body"]
    assert 'http-equiv="refresh"' not in body
    assert "Write the lessons" not in body
    assert "Action items" in body


@pytest.mark.parametrize(
    "token",
    ["", "nonsense", a_token(secret="another"), a_token("pd-OTHER"), a_token() + "x"],
    ids=["none", "nonsense", "another secret", "another incident", "longer"],
)
def test_whoever_has_no_valid_link_learns_nothing_not_even_whether_the_incident_exists(
    cloud: Cloud, token: str
) -> None:
    context_at(recent())
    known, unknown = cloud.page(ID, token), cloud.page("pd-NEVERSEEN", token)
    assert known["statusCode"] == 403
    assert "no valid link" in text_of(known)
    assert known == unknown or token.startswith("pd-OTHER")
    assert "TwinMindHighErrorRate" not in known["body"]


def test_an_ended_link_says_so_and_an_unknown_incident_is_told_to_a_valid_one(cloud: Cloud) -> None:
    context_at(recent())
    ended = cloud.page(ID, a_token(life=timedelta(seconds=-5)))
    assert (ended["statusCode"], "This link has ended" in text_of(ended)) == (403, True)
    assert cloud.page("pd-NEVERSEEN", a_token("pd-NEVERSEEN"))["statusCode"] == 404


def test_any_active_secret_opens_and_a_rotated_one_does_not(cloud: Cloud) -> None:
    context_at(recent())
    secrets = cloud.client("secretsmanager")
    try:
        secrets.put_secret_value(
            SecretId=SETTINGS["PAGE_SIGNING_SECRET"],
            SecretString=json.dumps({"active": ["new-secret-0002", PAGE_SECRET]}),
        )
        assert cloud.page(ID, a_token())["statusCode"] == 200
        assert cloud.page(ID, a_token(secret="new-secret-0002"))["statusCode"] == 200
        secrets.put_secret_value(SecretId=SETTINGS["PAGE_SIGNING_SECRET"], SecretString="new-secret-0002")
        assert cloud.page(ID, a_token())["statusCode"] == 403
        secrets.put_secret_value(SecretId=SETTINGS["PAGE_SIGNING_SECRET"], SecretString="{}")
        assert cloud.page(ID, a_token())["statusCode"] == 503
    finally:
        secrets.put_secret_value(SecretId=SETTINGS["PAGE_SIGNING_SECRET"], SecretString=PAGE_SECRET)


def test_every_answer_is_kept_by_nobody_and_runs_nothing(cloud: Cloud) -> None:
    context_at(recent())
    for token in (a_token(), "nonsense"):
        headers = cloud.page(ID, token)["headers"]
        assert headers["Cache-Control"] == "no-store"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Robots-Tag"] == "noindex, nofollow"
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'sha256-")
        assert headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


def test_the_token_is_in_no_log_no_page_and_no_timeline(
    cloud: Cloud, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ctx = context_at(recent(page_url=f"https://api.example.com/v1/incidents/{ID}/page?token={a_token()}"))
    bodies = [cloud.page(ID, token)["body"] for token in (a_token(), a_token(secret="x"), a_token("pd-OTHER"))]
    ctx.record("note", f"somebody pasted {ctx.incident.page_url} here", key="pasted")
    printed = capfd.readouterr()
    signature = a_token().rsplit(".", 1)[1]
    for place in (*bodies, printed.out, printed.err, caplog.text, str(ctx.table.timeline(ID))):
        assert signature not in place
        assert "token=" + ID not in place


def test_only_slack_carries_the_link_not_a_mail_and_not_a_note(cloud: Cloud) -> None:
    url = f"https://api.example.com/v1/incidents/{ID}/page?token={a_token()}"
    ctx = context_at(recent(page_url=url))
    for update in (announced(bare_context(ctx)), opened(bare_context(ctx), 1)):
        assert f"<{url}|Incident page>" in str(message(update)["blocks"])
        assert "token=" not in plain_text(update, 20_000)
        assert "token=" not in message(update)["text"]


def test_a_very_long_incident_still_is_a_page(cloud: Cloud) -> None:
    ctx = context_at(recent())
    for number in range(320):
        ctx.record("note", "word " * 1000, key=f"note-{number:04}")
    response = cloud.page(ID, a_token())
    assert len(response["body"]) < 1_500_000
    assert "entries are left out here" in text_of(response)


def test_a_half_open_incident_of_which_nothing_is_known_yet_is_a_page_too(cloud: Cloud) -> None:
    fresh = recent(severity=None, cause=None, scenario=None, reasons=(), evidence_run=None, execution_arns=())
    context_at(fresh)
    assert "the checks are running" in text_of(cloud.page(ID, a_token()))
    assert open_context({"incident_id": ID}).incident.page_url is None

"""Mark-up in an alert's texts: no channel's message makes a link, a mention, a heading or a tag of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from responder.config.runbook import with_override
from responder.domain.redact import visible
from responder.domain.update import Link, is_link
from responder.integrations.slack.blocks import message
from responder.integrations.teams.channel import body_of
from responder.notifications.messages.compose import announced
from responder.notifications.messages.plain import plain_text, subject
from tests.support.browser import open_browser
from tests.support.notifications import a_situation, an_incident
from tests.support.skips import needs_browser
from tests.unit.report.test_escaping import SPITE

MORE = (
    "<@U0BOSS>",
    "<!here|x>",
    "<https://e.example|bank>",
    "*b* _i_ ~s~",
    "&lt;!channel&gt;",
    "[a](https://e.example)",
)


def an_update(spite: str) -> Any:
    spite = visible(spite)  # as each text of an alert is cleaned at the door
    return announced(a_situation(an_incident(title=spite, impact=spite, reasons=(spite,))))


def texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [one for each in value.values() for one in texts(each)]
    if isinstance(value, list):
        return [one for each in value for one in texts(each)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize("spite", SPITE + MORE)
def test_slack_makes_no_mention_and_no_link_of_it(spite: str) -> None:
    sent = json.dumps(message(an_update(spite)))
    found = re.findall(r"<([^>]*)>", " ".join(texts(json.loads(sent))))
    ours = [one for one in found if not one.startswith(("!date^", "https://acme.pagerduty.com", "https://us-east-1."))]
    assert [one for one in ours if not one.startswith("https://")] == []
    assert not any("e.example" in one for one in ours)


@pytest.mark.parametrize("spite", SPITE + MORE)
def test_teams_and_mail_keep_it_as_text(spite: str) -> None:
    card = json.loads(body_of(an_update(spite)))["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert not any("e.example" in button["url"] for button in card["actions"])
    assert subject(an_update(spite).headline).isprintable()
    assert "\x00" not in plain_text(an_update(spite), 20_000)


# They end a link, or show another address than they lead to.
ADDRESSES = (
    "https://e.example/>|<!channel>", "https://e.example/|<!here>", "https://e.example/<x>", "https://e.example/a b",
    "https://e.example/\u202egpj", "https://e.example/\n*x*", 'https://e.example/"x', "https://e.ex\u0430mple/",
    "javascript:alert(1)", "data:text/html,x",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_that_is_none_is_refused_as_a_setting_and_is_no_link_in_slack(address: str) -> None:
    for setting in ({"dashboard_url": address}, {"service": {"dashboard_url": address}}):
        with pytest.raises(ValueError, match="dashboard_url"):
            with_override(json.dumps({"endpoints": setting}))
    if not is_link(address):
        update = an_update("plain").model_copy(update={"links": (Link(text="Dashboard", url=address),)})
        assert "e.example" not in json.dumps(message(update)["blocks"])


@needs_browser
def test_a_mail_client_that_shows_the_text_as_it_came_runs_nothing(tmp_path: Path) -> None:
    """A note and a mail are text/plain; a browser that opens one shows it as it is."""
    file = tmp_path / "mail.txt"
    file.write_text(plain_text(an_update(" ".join(SPITE[:12])), 20_000), encoding="utf-8", errors="replace")
    with open_browser(tmp_path / "profile") as browser:
        browser.show(file.as_uri(), width=800)
        assert browser.task("document.querySelectorAll('script, img, iframe, svg, a').length") == 0
        assert [one for one in browser.requested() if not one.startswith("data:")] == [file.as_uri()]

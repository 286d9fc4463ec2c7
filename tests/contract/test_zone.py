"""`timezone`: mail, incident page and report have their times in that zone and name it; Slack has each reader's own."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged, with_override
from responder.domain.zone import in_zone, retimed, zone_named
from responder.integrations.slack.blocks import message
from responder.notifications.context import notification_context
from responder.notifications.messages.compose import announced
from responder.notifications.messages.plain import plain_text
from responder.notify import publish
from tests.contract.test_incident_page import a_token
from tests.support.inprocess import Cloud, notices
from tests.support.notifications import AT, a_situation, an_incident, context_at
from tests.unit.report.test_escaping import parsed

KOLKATA = {"timezone": "Asia/Kolkata"}
# AT is 2026-06-01, 14:02 UTC.
THERE = "19:32"


def test_mail_page_and_report_have_the_zone_of_the_runbook(cloud: Cloud) -> None:
    cloud.change_runbook(KOLKATA)
    ctx = context_at(an_incident(resolved_at=AT, told_at=AT))
    ctx.table.pin_runbook(ctx.incident.id, with_override(cloud.runbook_text()))
    ctx.record("alert", "Alert triggered.", key="alert", at=AT)
    publish(ctx, announced(notification_context(ctx)))
    [mail] = notices()
    assert f"”, {THERE} IST." in mail
    cloud.invoke("write_report", {"incident_id": ctx.incident.id, "execution_number": 1})
    report = cloud.report(f"reports/{ctx.incident.id}.md")
    assert f"**Duration:** {THERE}:11 - {THERE}:11 IST (" in report
    assert f"- {THERE}:11 - Alert triggered." in report
    assert "All times IST." in report
    page = " ".join(parsed(cloud.page(ctx.incident.id, a_token())["body"]).texts)
    assert f"{THERE}:11 - Alert" in page
    for text in (mail, report, page):
        assert not re.search(r"\d\d:\d\d UTC", text)


def test_by_default_it_is_utc_and_the_text_says_so() -> None:
    assert packaged().timezone == "UTC"
    assert "”, 14:02 UTC." in plain_text(announced(a_situation(an_incident())), 20_000)


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../../etc/passwd", "Europe", "CEST"])
def test_a_zone_that_is_none_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ValueError, match=r"timezone.*such as Europe/Berlin"):
        with_override(f'{{"timezone": "{name}"}}')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("since 23:38 UTC or before", "since 01:38 CEST or before"),
        ("2026-06-01 23:38:09 UTC", "2026-06-02 01:38:09 CEST"),
        ("2026-12-31 23:38 UTC", "2027-01-01 00:38 CET"),
        ("06-01 10:00 UTC", "06-01 10:00 UTC"),
        ("2026-02-31 10:00 UTC", "2026-02-31 10:00 UTC"),
        ("2026-06-01T23:38:09Z, 99:38 UTC, 1:23:38 UTC", "2026-06-01T23:38:09Z, 99:38 UTC, 1:23:38 UTC"),
    ],
)
def test_a_time_keeps_its_moment(text: str, said: str) -> None:
    assert in_zone(text, AT, zone_named("Europe/Berlin")) == said


@given(moment=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2090, 1, 1)))  # noqa: DTZ001
def test_any_dated_time_is_the_same_moment_in_any_zone(moment: datetime) -> None:
    at, zone = moment.replace(microsecond=0, tzinfo=UTC), zone_named("America/Sao_Paulo")
    there = in_zone(f"{at:%Y-%m-%d %H:%M:%S} UTC", AT, zone)
    assert datetime.fromisoformat(there.replace(" UTC", "")) == at


def test_slack_gets_a_dated_time_with_its_date() -> None:
    update: Any = announced(a_situation(an_incident(reasons=("Rolled out 2026-05-31 10:00 UTC.",))))
    moment = int(datetime(2026, 5, 31, 10, tzinfo=UTC).timestamp())
    assert f"<!date^{moment}^{{date_num}} {{time}}|2026-05-31 10:00 UTC>" in str(message(update)["blocks"])
    assert retimed("no time", AT, lambda *_: "") == "no time"

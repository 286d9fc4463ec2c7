"""What people read of service flags: what is set for whom, the way back by hand, and the mail for a higher limit."""

import json
import re
import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from responder.config.base import Mode
from responder.config.runbook import packaged
from responder.diagnosis.quota import Quota
from responder.domain.diagnosis import Cause
from responder.domain.finding import FindingStatus
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.overrides import OverriddenSetting, Override, Overrides
from responder.notifications.messages.compose import announced, handed_over, in_progress
from responder.notifications.messages.ending import mitigated
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.parts import readable
from responder.notifications.messages.support_bundle import higher_limit
from responder.notifications.messages.switched import back_by_hand, switched_lines
from tests.support.approval_request import an_ask
from tests.support.notifications import a_finding, a_situation

AT = datetime(2026, 6, 1, 14, 2, tzinfo=UTC)
QUOTA = Quota(300, "TwinMind's header X-RateLimit-Limit", "enterprise", 640, 290, 60.0)
# From these it is read.
MEASURED = tuple(
    a_finding(probe, FindingStatus.DEGRADED, "").model_copy(update={"measurements": measurements})
    for probe, measurements in {
        "twinmind_rate_limit": {"limit": 300},
        "twinmind_limits": {"plan": "enterprise"},
        "service_metrics": {"requests_per_minute": 640, "rate_limited": 290, "window_seconds": 60.0},
    }.items()
)
INCIDENT = Incident(
    id="pd-1", source="pagerduty", upstream_id="1", started_at=AT, cause=Cause.RATE_LIMITED, evidence_run="1"
)


def held(name: str, before: Any, desired: Any, *incidents: str, rule: Any = "any", **more: Any) -> OverriddenSetting:
    overrides = tuple(Override(incident_id=one, action="quota", desired=desired, at=AT) for one in incidents)
    return OverriddenSetting(
        setting_key=f"flag:{name}", rule=rule, before=before, ours=(desired,), overrides=overrides, **more
    )


SWITCHED = Overrides(
    settings_overridden=(
        held("request_queue", None, True, "pd-1", "og-2"),
        held("client_rate_limit_per_minute", 280, 240, "pd-1", rule="lowest"),
    )
)


@pytest.fixture
def notification() -> NotificationContext:
    modes = dict.fromkeys(packaged().modes.model_dump(), Mode.AUTO)
    later = AT + timedelta(minutes=9)
    return a_situation(INCIDENT, now=later, modes=modes, overrides=SWITCHED, findings=MEASURED)


def test_each_thing_says_for_whom_since_when_and_what_it_was() -> None:
    assert switched_lines(SWITCHED) == (
        "Switched for pd-1, og-2: flag:request_queue = on since 14:02 UTC (before: not set).",
        "Switched for pd-1: flag:client_rate_limit_per_minute = 240 since 14:02 UTC (before: 280).",
    )


def test_what_people_changed_is_called_theirs_and_not_switched_back_for_them() -> None:
    theirs = Overrides(settings_overridden=(held("request_queue", False, True, "pd-1", left_to_people=True),))
    assert switched_lines(theirs) == ("flag:request_queue was switched for pd-1; people have set it to off since.",)
    assert back_by_hand(theirs, "/responder/service-flags") == ()


def test_the_way_back_by_hand_is_one_command_that_keeps_the_other_fields() -> None:
    (command,) = back_by_hand(SWITCHED, "/responder/service-flags")
    words = shlex.split(command, comments=True)
    assert words[:4] == ["aws", "ssm", "put-parameter", "--name"]
    steps = re.findall(r"jq -c '(.+)'", command)[0].split(" | ")
    assert steps == [".version += 1", "del(.request_queue)", ".client_rate_limit_per_minute = 280"]


def test_what_somebody_has_set_cannot_leave_the_quotes_of_the_command() -> None:
    odd = "ear'; touch /tmp/oops; '"
    (command,) = back_by_hand(
        Overrides(settings_overridden=(held("model", odd, "ear-2", "pd-1", rule="latest"),)), "/responder/service-flags"
    )
    assert "'" not in re.findall(r"jq -c '(.+)'\)", command)[0]
    assert json.loads(re.findall(r'model = (".+")\'', command)[0]) == odd


def test_people_who_have_it_read_that_their_answer_still_counts(notification: NotificationContext) -> None:
    task = an_ask(name="approve-model", action="model", requested_at=notification.now)
    handed = replace(
        notification,
        incident=INCIDENT.model_copy(update={"status": IncidentStatus.HANDED_OVER, "human_tasks": (task,)}),
    )
    late = replace(handed, now=notification.now + timedelta(hours=1))
    for say in (handed_over, in_progress):
        assert "We change nothing more except what you are asked for" in say(handed).doing[0]
        assert "We change nothing more; we keep watching" in say(late).doing[0]


def test_the_mail_has_the_figures_that_were_seen() -> None:
    assert higher_limit(INCIDENT, packaged(), QUOTA, is_protected=True).splitlines() == [
        "# a mail to send: enterprise-support@twinmind.com",
        "Subject: Request for a higher rate limit",
        "",
        "Since 2026-06-01 14:02 UTC your API refuses part of our requests with HTTP 429.",
        "Our limit: 300 requests a minute (TwinMind's header X-RateLimit-Limit)",
        "Our traffic: 640 requests a minute",
        "Refused with 429: 290 within 60 s",
        "Our tier: enterprise",
        "We hold our own clients back meanwhile. Please raise the limit, or tell us what we need for a higher one.",
        "Our reference: pd-1",
    ]


def test_a_figure_that_was_not_seen_is_left_to_people() -> None:
    mail = higher_limit(INCIDENT, packaged(), Quota(tier="pro"), is_protected=False)
    assert "support@twinmind.com" in mail.splitlines()[0]
    assert "enterprise" not in mail
    assert mail.count("[fill in]") == 2
    assert "meanwhile" not in mail
    assert "[not seen: look it up]" in mail


def test_while_it_is_protected_nobody_reads_that_nothing_changes(notification: NotificationContext) -> None:
    update = announced(notification)
    assert update.headline.endswith(" · sending less")
    assert "We change nothing" not in str(update.dump())
    assert "Subject: Request for a higher rate limit" in update.commands[0]


def test_observing_says_that_nothing_changes(notification: NotificationContext) -> None:
    modes = dict.fromkeys(notification.modes, Mode.OBSERVE)
    assert announced(replace(notification, modes=modes)).doing == (
        "We only say what we would do, and change nothing (runbook: modes.quota).",
    )


def test_what_is_switched_is_in_every_later_word_and_the_way_back_where_people_have_it(
    notification: NotificationContext,
) -> None:
    lines = switched_lines(SWITCHED)
    for update in (in_progress(notification), mitigated(notification), handed_over(notification)):
        assert set(map(readable, lines)) <= set(update.doing)
        assert "flag:" not in str(update.doing + update.known + update.need_from_people)
    theirs = INCIDENT.model_copy(update={"status": IncidentStatus.HANDED_OVER})
    assert "jq -c" in handed_over(replace(notification, incident=theirs)).commands[-1]
    assert json.dumps(handed_over(notification).dump()).count("set the service flags back by hand") == 1

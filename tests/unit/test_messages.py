"""What people read: the first line says it all, nothing from outside can page or mark up, limits hold."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged
from responder.domain.alert import Person
from responder.domain.diagnosis import Cause, Scenario, Severity
from responder.domain.incident import IncidentStatus, LatestValue, TimelineEntry
from responder.domain.update import Kind, Update
from responder.integrations.slack.blocks import SECTION_LIMIT, message
from responder.integrations.slack.buttons import escaped
from responder.notifications.messages.asking import asked, requested_again
from responder.notifications.messages.compose import (
    announced,
    escalated,
    handed_over,
    in_progress,
    opened,
    upstream_activity_update,
)
from responder.notifications.messages.ending import left_over, mitigated, notice, report_written, resolved
from responder.notifications.messages.notification import Earlier
from responder.notifications.messages.parts import readable
from responder.notifications.messages.plain import plain_text, reference, subject
from responder.notifications.messages.public_notice import public_notice
from responder.notifications.messages.settling import settled
from tests.support.approval_request import APPROVERS, an_ask
from tests.support.notifications import AT, a_situation, an_action, an_incident

EVIL = "<!channel> & <@U123> *bold* `code`"


def slack_text(update: Update) -> str:
    return "\n".join(block["text"]["text"] for block in message(update)["blocks"] if "text" in block)


def test_the_first_line_says_severity_what_for_whom_whose_fault_and_what_is_done() -> None:
    update = announced(a_situation(an_incident()))
    assert update.headline == (
        "P1 · Transcriptions fail for our users (401) · our API key is rejected · rotating to a standby key"
    )
    assert plain_text(update, 20_000).splitlines()[0] == update.headline


def test_an_observed_rotation_says_that_people_are_needed_and_what_they_do() -> None:
    update = announced(a_situation(an_incident(), modes=packaged().observing().modes.model_dump()))
    assert update.headline.endswith("you are needed")
    assert "We only say what we would do, and change nothing (runbook: modes.rotate)." in update.doing
    assert any("https://twinmind.com/settings/api" in sentence for sentence in update.need_from_people)


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.KEY_STALE])
def test_each_cause_tells_people_something_to_do_or_to_check(cause: Cause) -> None:
    update = handed_over(a_situation(an_incident(cause=cause)))
    assert update.need_from_people
    assert update.next_update_by is not None


@pytest.mark.parametrize(
    ("cause", "told"),
    [
        (Cause.PROVIDER_OUTAGE, ("status.twinmind.com", "support@twinmind.com", "enterprise-support@twinmind.com")),
        (Cause.PROVIDER_OUTAGE, ("https://community.twinmind.com", "https://twinmind.com/support")),
        (Cause.UNKNOWN, ("https://response.pagerduty.com",)),
        (Cause.RATE_LIMITED, ("a higher tier", "several keys", "caching", "batches", "heaviest consumers")),
        (Cause.KEY_LEAKED, ("Revoke the leaked key", "Audit the access logs", "review how it got out", "72 hours")),
        (Cause.NETWORK_FAILURE, ("name resolution", "firewall rules", "the way out")),
    ],
)
def test_contacts_links_and_what_only_people_can_do_are_at_hand(cause: Cause, told: tuple[str, ...]) -> None:
    text = plain_text(handed_over(a_situation(an_incident(cause=cause))), 20_000)
    assert [words for words in told if words not in text] == []


def test_handing_over_a_rejected_key_says_what_was_tried_where_to_make_a_key_and_how_to_store_it() -> None:
    tried = an_action("no_standby_key", "No standby key is staged.")
    text = plain_text(handed_over(a_situation(an_incident(), tried)), 20_000)
    assert "No standby key is staged." in text
    assert "https://twinmind.com/settings/api" in text
    assert "read -rsp 'key: ' K; export K; aws secretsmanager get-secret-value" in text
    assert "--secret-id standby-keys" in text
    assert "goes on by itself" in text


def test_a_secret_with_other_fields_is_not_overwritten_by_the_command() -> None:
    fields = packaged().model_dump(mode="json")
    fields["endpoints"]["twinmind"]["key_json_field"] = "api_key"
    update = handed_over(a_situation(an_incident(), runbook=type(packaged()).model_validate(fields)))
    written = [command for command in update.commands if "put-secret-value --secret-id twinmind-api-key" in command]
    assert len(written) == 1
    assert 'd["api_key"]=os.environ["K"]' in written[0]


def test_an_escalation_names_level_and_person_and_starts_anew_after_an_unacknowledge() -> None:
    first = escalated(a_situation(an_incident(), now=AT + timedelta(minutes=15)), 2)
    assert first.headline.startswith("P1 · Level 2: Team lead · nobody has acknowledged for 15 min")
    taken_back = an_incident(acknowledgement=LatestValue(at=AT, value=False))
    assert escalated(a_situation(taken_back), 2).key != first.key


def test_an_update_after_the_handover_repeats_what_is_left_to_people_not_what_was_planned() -> None:
    handed = an_incident(status=IncidentStatus.HANDED_OVER, told_at=AT)
    update = in_progress(a_situation(handed, an_action("failed", "The key failed its test.")))
    assert "We take the staged standby key" not in "".join(update.doing)
    assert "The key failed its test." in update.known
    assert update.need_from_people


def test_the_end_after_a_rotation_leaves_the_old_key_to_people_and_the_recovery_a_leaked_one() -> None:
    rotated = an_action("promoted", "The new key is in force.")
    assert mitigated(a_situation(an_incident(), rotated)).need_from_people == ()
    over = resolved(a_situation(an_incident(), rotated), AT).need_from_people
    assert any("evoke the old key" in sentence for sentence in over)
    leaked = a_situation(
        an_incident(cause=Cause.KEY_LEAKED), rotated, an_action("contained", "It is replaced.", name="contain")
    )
    assert "evoke the leaked key" in mitigated(leaked).need_from_people[0]


def test_people_read_no_names_that_only_programs_know() -> None:
    reasons = ("Besides this, service_fault: Our own service fails.", "flag:queue = on; scale:hpa/web = 4.")
    known = announced(a_situation(an_incident(reasons=reasons))).known
    assert "Besides this: Our own service fails." in known
    assert "service flag queue = on; autoscaler hpa/web = 4." in known


def test_recovery_and_end_do_not_say_the_same() -> None:
    text = "It helps (rotate). Error ratio: before 100%, after 0%."
    measured = TimelineEntry(at=AT, kind="effect", text=text, key="effect-1")
    promoted = an_action("promoted", "The new key is in force.")
    said = a_situation(an_incident(mitigated_at=AT), promoted, timeline=(measured,))
    recovered, over = mitigated(said), resolved(said, AT)
    assert "Error ratio: before 100%, after 0%." in recovered.known
    assert not set(recovered.known + recovered.need_from_people) & set(over.known + over.need_from_people)
    unseen = replace(said, incident=an_incident())
    assert "Error ratio: before 100%, after 0%." in resolved(unseen, AT).known


def test_a_promised_update_asks_for_the_acknowledgement_that_nobody_gave_and_repeats_no_diagnosis() -> None:
    opened_message, later = announced(a_situation(an_incident())), in_progress(a_situation(an_incident()))
    assert later.head.need.startswith("Acknowledge the alert")
    reasons = set(map(readable, an_incident().reasons))
    assert not reasons & set(later.known)
    assert reasons <= set(opened_message.known)
    person = Person(id="PUSER", name="On-call engineer", is_human=True)
    has_it = an_incident(acknowledgement=LatestValue(at=AT, value=True, by=person))
    assert in_progress(a_situation(has_it)).head.need == "Nothing now."


def test_a_level_that_is_called_because_an_acknowledgement_ended_says_so() -> None:
    taken_back = an_incident(acknowledgement=LatestValue(at=AT, value=False, by=Person(is_human=True)))
    said = escalated(a_situation(taken_back), 2)
    assert "the acknowledgement was taken back or ran out" in said.headline
    assert "nobody has acknowledged for" not in said.headline
    assert "nobody has acknowledged for" in escalated(a_situation(an_incident()), 2).headline


def test_the_first_message_says_how_often_it_happened_and_what_ended_it_the_last_time() -> None:
    days = (3, 12, 29, 31)
    before = [an_incident(f"pd-P{day}", started_at=AT - timedelta(days=day)) for day in days]
    earlier = (Earlier(before[0], "ended by rotating to a standby key"), *map(Earlier, before[1:]))
    update = announced(a_situation(an_incident(), earlier=earlier))
    assert update.known[0] == (
        "Fourth key rejection in 30 days; the last one (2026-05-29): ended by rotating to a standby key."
    )
    assert "in 30 days" not in str(announced(a_situation(an_incident(), earlier=(Earlier(before[3]),))).known)
    assert "in 30 days" not in str(mitigated(a_situation(an_incident(), earlier=earlier)).known)


def test_text_from_outside_cannot_page_nor_mark_up_in_slack() -> None:
    update = announced(a_situation(an_incident(title=EVIL, reasons=(EVIL,), impact=EVIL)))
    for text in (slack_text(update), message(update)["text"]):
        assert "<!" not in text.replace("<!date^", "")
        assert "<@" not in text
        assert "&lt;!channel&gt;" in text


def test_a_link_that_is_none_is_left_out() -> None:
    for url in ("javascript:alert(1)", "https://x.example/|<!channel>", None):
        links = announced(a_situation(an_incident(url=url))).links
        assert all(link.text != "Alert in PagerDuty" for link in links)


def test_a_secret_in_a_title_or_reason_is_masked() -> None:
    secret = "tm_sk_" + "live_" + "a1B2c3D4e5F6g7H8"
    update = announced(a_situation(an_incident(title=f"key {secret}", reasons=(f"sent {secret}",), impact=secret)))
    assert secret not in plain_text(update, 20_000)
    assert secret not in plain_text(notice(a_situation(an_incident()), "k", f"failed with {secret}"), 20_000)


@given(title=st.text(max_size=4000), reason=st.text(max_size=6000), limit=st.integers(300, 20_000))
def test_limits_hold_and_the_reference_stays_whatever_the_text(title: str, reason: str, limit: int) -> None:
    update = announced(a_situation(an_incident(title=title, reasons=(reason,) * 4)))
    blocks = message(update)["blocks"]
    assert len(blocks) <= 50
    assert all(len(block["text"]["text"]) <= SECTION_LIMIT for block in blocks if "text" in block)
    text = plain_text(update, limit)
    assert len(text) <= limit
    assert text.splitlines()[-1] == f"ref {reference(update)}"
    assert len(subject(update.headline)) < 100


@given(st.text())
def test_escaping_leaves_no_control_character_of_slack(text: str) -> None:
    assert "<" not in escaped(text)
    assert ">" not in escaped(text)


@pytest.mark.parametrize("scenario", list(Scenario))
@pytest.mark.parametrize("cause", [Cause.PROVIDER_OUTAGE, Cause.KEY_REJECTED, Cause.RATE_LIMITED])
def test_the_public_reads_templates_only(scenario: Scenario, cause: Cause) -> None:
    marked = an_incident(title="XTITLEX", impact="XIMPACTX", reasons=("XREASONX",), scenario=scenario, cause=cause)
    words = public_notice(announced(a_situation(marked)), scenario)
    assert "X" not in words.name + words.body
    assert "Next update by 14:23 UTC." in words.body
    assert "API key" not in words.body


def test_the_public_end_resets_the_components() -> None:
    words = public_notice(resolved(a_situation(an_incident()), AT), Scenario.OTHER)
    assert (words.status, words.component_status) == ("resolved", "operational")


def test_before_the_first_diagnosis_the_headline_owns_up_to_it() -> None:
    bare = an_incident(severity=None, cause=None, scenario=None, user_impact=False, impact=None, reasons=())
    assert announced(a_situation(bare)).headline == "P? · TwinMind alert · cause not known yet · you are needed"


def test_every_kind_of_update_has_a_key_of_its_own() -> None:
    notification = a_situation(an_incident(told_at=AT, severity=Severity.P2))
    updates = [
        opened(notification, 1),
        announced(notification),
        in_progress(notification),
        upstream_activity_update(notification),
        escalated(notification, 2),
        handed_over(notification),
        mitigated(notification),
        resolved(notification, AT),
        report_written(notification, "bucket", "key"),
        notice(notification, "failed-1", "It failed."),
        asked(notification, an_ask(), APPROVERS),
        requested_again(notification, an_ask(), APPROVERS, 2),
        settled(notification, an_ask(decision="expired")),
        left_over(notification, 24, 0, ("Nobody wrote the lessons.",)),
    ]
    assert {update.kind for update in updates} == set(Kind)
    assert len({update.key for update in updates}) == len(updates)


def test_a_question_that_was_answered_is_not_told_again() -> None:
    question = an_action("needs_approval", "People are asked.", "contain")
    answer = an_action("promoted", "The tested key is current.", "contain")
    assert "People are asked." in handed_over(a_situation(an_incident(), question)).known
    known = handed_over(a_situation(an_incident(), question, answer)).known
    assert "The tested key is current." in known
    assert "People are asked." not in known

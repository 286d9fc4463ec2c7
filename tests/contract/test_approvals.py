"""Approve and Decline in Slack: from the question to the record, by signed clicks on the real handlers."""

import json
from datetime import timedelta
from typing import Any

import pytest

from responder.aws.incident_table import IncidentTable
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.notifications.human_tasks import mark_said
from tests.support.approval_request import (
    APPROVER,
    ask_people,
    asked_now,
    button_messages,
    press,
    say,
    send_dialog,
    the_ask,
    whispers,
)
from tests.support.inprocess import SETTINGS, Cloud, notices
from tests.support.notifications import an_action, notes, slack_messages, told

MESSAGE = "Raise the autoscaler's floor of twinmind-service from 2 to 4 pods"


def approvals(cloud: Cloud) -> list[tuple[str, str]]:
    timeline = IncidentTable(SETTINGS["TABLE_NAME"]).timeline("pd-PABC123")
    return [(entry.actor, entry.text) for entry in timeline if entry.kind == "approval"]


def bump_count(cloud: Cloud) -> int:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-PABC123").event_seq


def test_the_question_goes_out_once_on_every_way_and_is_seen_in_the_channel(cloud: Cloud) -> None:
    ask_people(cloud)
    say(cloud, "task")
    [message] = button_messages(cloud)
    assert message["reply_broadcast"] is True
    assert message["text"].startswith(
        f"P2 · Your approval is needed by {the_ask(cloud).expires_at:%H:%M} UTC · {MESSAGE}"
    )
    assert len([note for note in notes(cloud) if "Your approval is needed" in note]) == 1
    assert len([note for note in notices() if "Your approval is needed" in note]) == 1
    assert the_ask(cloud).told_at is not None


def test_an_approval_is_recorded_wakes_the_workflow_and_the_message_says_who(cloud: Cloud) -> None:
    ask_people(cloud)
    [message] = button_messages(cloud)
    answer = press(cloud, "approve")
    assert (answer["statusCode"], json.loads(answer["body"])) == (200, {})
    task = the_ask(cloud)
    assert (task.decision, task.decided_by, task.reason) == ("approved", f"slack:{APPROVER}", None)
    assert approvals(cloud) == [(f"slack:{APPROVER}", f"Approved by slack:{APPROVER}: {task.sentence}")]
    assert bump_count(cloud) == 1
    assert button_messages(cloud) == []
    assert f"Approved by <@{APPROVER}> at" in message["blocks"][0]["text"]["text"]
    say(cloud, "task_settled")
    assert "Approved by" in slack_messages(cloud)[-1]["text"]
    assert f"Approved by <@{APPROVER}> at" in message["blocks"][0]["text"]["text"]
    assert say(cloud, "task_settled") == ["slack", "upstream", "teams", "outgoing_webhook", "mail"]
    assert len([one for one in slack_messages(cloud) if "Approved by" in one["text"]]) == 3  # head, question, reply


def test_a_decline_asks_why_and_records_the_reason(cloud: Cloud) -> None:
    ask_people(cloud)
    press(cloud, "decline")
    view = cloud.sandbox.world["slack"]["views"][APPROVER]
    assert view["title"]["text"] == "Decline"
    assert the_ask(cloud).decision is None
    assert send_dialog(cloud, "A deployment is running")["statusCode"] == 200
    task = the_ask(cloud)
    assert (task.decision, task.reason) == ("declined", "A deployment is running")
    assert approvals(cloud)[0][1].endswith("Reason: A deployment is running")
    assert button_messages(cloud) == []
    assert "“A deployment is running” · nothing is changed" in slack_messages(cloud)[-1]["text"]


def test_a_dialog_sent_without_a_reason_declines_too(cloud: Cloud) -> None:
    ask_people(cloud)
    press(cloud, "decline")
    send_dialog(cloud, None)
    assert (the_ask(cloud).decision, the_ask(cloud).reason) == ("declined", None)


@pytest.mark.parametrize("fault", [{"fail_next": [{"status": 500, "path": "views.open"}]}, {"drop": True}])
def test_where_the_dialog_cannot_be_opened_it_is_declined_without_a_reason(cloud: Cloud, fault: dict[str, Any]) -> None:
    ask_people(cloud)
    cloud.sandbox.patch({"faults": {"slack": fault}})
    assert press(cloud, "decline")["statusCode"] == 200
    assert the_ask(cloud).decision == "declined"


def test_a_stranger_changes_nothing_and_is_told_who_may(cloud: Cloud) -> None:
    ctx = ask_people(cloud)
    for action in ("approve", "decline"):
        assert press(cloud, action, user="U0STRANGER")["statusCode"] == 200
    assert the_ask(cloud).decision is None
    assert bump_count(cloud) == 0
    assert cloud.sandbox.world["slack"]["views"] == {}
    assert len(button_messages(cloud)) == 1
    assert whispers(cloud)[0].startswith(f"Nothing changed: only <@{APPROVER}> may decide this")
    assert [text for text in told(ctx) if "slack:U0STRANGER tried to decide" in text] == [
        "slack:U0STRANGER tried to decide and is not among the approvers; nothing changed."
    ]


def test_who_is_taken_off_the_list_may_not_approve_any_more(cloud: Cloud) -> None:
    ask_people(cloud)
    cloud.change_runbook({"approvals": {"approvers": {"slack": []}}})
    press(cloud, "approve")
    assert the_ask(cloud).decision is None
    assert whispers(cloud)[0].startswith("Nothing changed: nobody may, in Slack, decide this")


def test_a_second_click_counts_once_and_says_so_and_another_person_comes_too_late(cloud: Cloud) -> None:
    ask_people(cloud)
    cloud.change_runbook({"approvals": {"approvers": {"slack": [APPROVER, "U0LEAD"]}}})
    [message] = button_messages(cloud)
    for _ in range(2):
        press(cloud, "approve", ts=message["ts"])
    press(cloud, "decline", user="U0LEAD", ts=message["ts"])
    assert the_ask(cloud).decided_by == f"slack:{APPROVER}"
    assert len(approvals(cloud)) == 1
    again, late = whispers(cloud)
    assert again == "You approved this already; it was recorded once."
    assert late.startswith("Nothing changed: it was approved already at ")


def test_after_the_time_nothing_counts_and_the_message_says_that_nobody_answered(cloud: Cloud) -> None:
    ask_people(cloud)
    [message] = button_messages(cloud)
    past = the_ask(cloud).model_copy(update={"expires_at": now() - timedelta(seconds=1)})
    IncidentTable(SETTINGS["TABLE_NAME"]).amend("pd-PABC123", human_tasks=(past,))
    press(cloud, "approve")
    assert the_ask(cloud).decision is None
    assert "the time to decide ended at" in whispers(cloud)[0]
    say(cloud, "task_settled")
    assert the_ask(cloud).decision == "expired"
    assert button_messages(cloud) == []
    assert "Nobody answered within" in message["text"]
    assert approvals(cloud) == [("workflow", f"Nobody answered in time, given up: {past.sentence}")]


def test_a_changed_plan_is_asked_anew_and_the_old_buttons_count_no_more(cloud: Cloud) -> None:
    ask_people(cloud)
    [old] = button_messages(cloud)
    newer = asked_now(plan_hash="f" * 16, sentence="Raise the floor from 2 to 6 pods.")
    IncidentTable(SETTINGS["TABLE_NAME"]).amend("pd-PABC123", human_tasks=(newer,))
    press(cloud, "approve", ts=old["ts"])
    assert whispers(cloud) == [
        "Nothing changed: the plan has changed since this was shown; decide on the newest message."
    ]
    say(cloud, "task")
    [shown] = button_messages(cloud)
    assert shown["ts"] != old["ts"]
    assert old["text"] == "The plan has changed: the newer message below counts."
    press(cloud, "approve", ts=old["ts"])
    assert the_ask(cloud).decision is None
    press(cloud, "approve")
    assert (the_ask(cloud).decision, the_ask(cloud).plan_hash) == ("approved", "f" * 16)


def test_a_reminder_moves_the_buttons_down_and_comes_once(cloud: Cloud) -> None:
    ask_people(cloud, asked_now(remind_at=now() - timedelta(seconds=1)))
    [first] = button_messages(cloud)
    assert say(cloud, "task_reminder") == ["slack", "upstream", "teams", "outgoing_webhook", "mail"]
    assert say(cloud, "task_reminder") == []
    [shown] = button_messages(cloud)
    assert shown["ts"] != first["ts"]
    assert first["text"] == "Asked again below."
    assert the_ask(cloud).reminded_at is not None
    press(cloud, "approve")
    assert the_ask(cloud).decision == "approved"


def test_a_question_that_slack_did_not_take_reached_people_by_mail_and_the_reminder_brings_the_buttons(
    cloud: Cloud,
) -> None:
    cloud.sandbox.patch({"slack": {"error": "channel_not_found"}})
    ask_people(cloud, asked_now(remind_at=now() - timedelta(seconds=1)))
    assert [note for note in notices() if "Your approval is needed" in note]
    assert button_messages(cloud) == []
    cloud.sandbox.patch({"slack": {"error": None}})
    say(cloud, "task_reminder")
    press(cloud, "approve")
    assert the_ask(cloud).decision == "approved"


def test_a_decision_made_while_a_reminder_goes_out_stands(cloud: Cloud) -> None:
    ctx = ask_people(cloud, asked_now(remind_at=now() - timedelta(seconds=1)))
    press(cloud, "approve")
    mark_said(ctx, "task_reminder", "approve-scale")
    assert the_ask(cloud).decision == "approved"
    assert the_ask(cloud).reminded_at is not None


def test_a_reminder_mentions_who_comes_next_and_the_next_one_comes_with_the_next_level(cloud: Cloud) -> None:
    ask_people(cloud, asked_now(remind_at=now() - timedelta(seconds=1), expires_at=now() + timedelta(hours=9)))
    rungs = {2: {"who": "Team lead", "slack_mention": "<!subteam^S0LEAD>"}}
    cloud.change_runbook({"escalation": rungs, "approvals": {"approvers": {"slack": [APPROVER]}}})
    say(cloud, "task_reminder")
    [question] = button_messages(cloud)
    assert question["blocks"][0]["text"]["text"].startswith("<!subteam^S0LEAD> :raised_hand:")
    incident = IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-PABC123").incident
    assert the_ask(cloud).remind_at == incident.started_at + timedelta(minutes=60)  # P2: level 2 after 60 minutes


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"status": IncidentStatus.RESOLVED}, "the incident is over"),
        ({"stopped": True}, "the automatic response to this incident was stopped"),
    ],
)
def test_nothing_is_approved_that_nobody_would_do(cloud: Cloud, changes: dict[str, Any], why: str) -> None:
    ask_people(cloud)
    IncidentTable(SETTINGS["TABLE_NAME"]).amend("pd-PABC123", **changes)
    press(cloud, "approve")
    assert the_ask(cloud).decision is None
    assert why in whispers(cloud)[0]


def test_while_slack_takes_no_edit_the_decision_stands_and_the_edit_comes_later(cloud: Cloud) -> None:
    ask_people(cloud)
    cloud.sandbox.patch({"faults": {"slack": {"drop": True}}})
    assert press(cloud, "approve")["statusCode"] == 200
    assert the_ask(cloud).decision == "approved"
    assert len(button_messages(cloud)) == 1
    cloud.sandbox.patch({"faults": {"slack": {"drop": False}}})
    say(cloud, "task_settled")
    assert button_messages(cloud) == []


def test_the_end_of_the_incident_takes_the_buttons_away(cloud: Cloud) -> None:
    ask_people(cloud)
    [message] = button_messages(cloud)
    cloud.invoke("close_incident", {"incident_id": "pd-PABC123", "execution_number": 1, "seen_seq": 0, "agree": True})
    assert the_ask(cloud).decision == "withdrawn"
    assert button_messages(cloud) == []
    assert "No longer asked · nothing was changed" in message["text"]


def test_a_decline_is_said_once_where_it_was_asked(cloud: Cloud) -> None:
    ask_people(cloud)
    press(cloud, "decline")
    send_dialog(cloud, "not now")
    before = len(slack_messages(cloud))
    assert "slack" in say(cloud, "task_settled")
    assert len(slack_messages(cloud)) == before
    said = [one for one in slack_messages(cloud) if "Declined by" in one["text"]]
    assert len(said) == 2  # the question's own message, and the head
    assert all("nothing is changed" in one["text"] for one in said)


def test_what_came_of_an_approval_does_not_take_the_hand_over_s_words_from_the_head(cloud: Cloud) -> None:
    ctx = ask_people(cloud)
    press(cloud, "approve")
    task = the_ask(cloud).model_copy(update={"acted_on": True})
    ctx.table.amend("pd-PABC123", status=IncidentStatus.HANDED_OVER, human_tasks=(task,))
    ctx.table.keep_action("pd-PABC123", "scale", an_action("applied", "The floor is 4.", name="scale"))
    say(cloud, "handover")
    head, before = slack_messages(cloud)[0]["text"], len(slack_messages(cloud))
    assert "with people now" in head
    assert "slack" in say(cloud, "task_settled")
    assert (slack_messages(cloud)[0]["text"], len(slack_messages(cloud))) == (head, before)
    assert "People do what is left to do" in notices()[-1]


def test_a_button_of_another_stack_changes_nothing(cloud: Cloud) -> None:
    ask_people(cloud)
    table = cloud.client("dynamodb")
    table.delete_item(TableName=SETTINGS["TABLE_NAME"], Key={"pk": {"S": "incident#pd-PABC123"}, "sk": {"S": "meta"}})
    assert press(cloud, "approve")["statusCode"] == 200
    assert whispers(cloud) == ["Nothing changed: this stack knows no such incident."]


def test_the_first_word_of_a_thread_is_no_question_because_its_head_is_rewritten(cloud: Cloud) -> None:
    ask_people(cloud)
    head, question = slack_messages(cloud)
    assert question["thread_ts"] == head["ts"]
    assert button_messages(cloud) == [question]

"""Deciding without Slack: the function's answers are sentences, and the record is the same as a click's."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from responder.approvals.decide import record_decision
from responder.aws.incident_table import IncidentTable
from responder.domain.clock import now
from responder.domain.human_task import TaskDecision, TaskNotOpen
from responder.domain.monitoring_state import MonitoringState
from tests.support.approval_request import APPROVER, HASH, ask_people, asked_now, button_messages, decide, say, the_ask
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.notifications import context_at, notes, recent, slack_messages, told

USAGE = "to see what is asked"
FOLLOWS = "The workflow does it now, unless it has recovered or the gate refuses it by then."


def test_approving_is_recorded_as_claimed_and_the_message_in_slack_follows(cloud: Cloud) -> None:
    ctx = ask_people(cloud)
    answer = decide(cloud, decision="approve")
    assert answer == {"outcome": "recorded", "text": f"Approved: {the_ask(cloud).sentence} {FOLLOWS}"}
    assert (the_ask(cloud).decision, the_ask(cloud).decided_by) == ("approved", "iam:jane")
    assert f"Approved by iam:jane: {the_ask(cloud).sentence}" in told(ctx)
    assert IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-PABC123").event_seq == 1
    say(cloud, "task_settled")
    assert button_messages(cloud) == []
    assert "Approved by jane (by command)" in slack_messages(cloud)[-1]["text"]


def test_another_diagnosis_takes_the_question_back_and_a_late_yes_is_told_so(cloud: Cloud) -> None:
    ctx = ask_people(cloud, waiting_for="no_standby_key", told_at=None)
    IncidentTable(SETTINGS["TABLE_NAME"]).amend("pd-PABC123", told_at=None)
    IncidentTable(SETTINGS["TABLE_NAME"]).keep_monitoring("pd-PABC123", MonitoringState(runs=1))
    blind = {
        "probe_run": "unavailable:States.Timeout",
        "monitoring": None,
        "seconds": 30,
        "token": "of no waiting state",
    }
    assert cloud.invoke("classify_incident", {"incident_id": "pd-PABC123"} | blind)["next"] == "announce"
    assert the_ask(cloud).decision == "withdrawn"
    assert IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-PABC123").incident.waiting_for is None
    assert f"Withdrawn by the workflow: {the_ask(cloud).sentence}" in told(ctx)
    assert "it was withdrawn already" in decide(cloud, decision="approve")["text"]


def test_the_command_in_the_message_is_the_one_that_approves(cloud: Cloud) -> None:
    ask_people(cloud)
    (payload,) = re.findall(r"printf '%s' '(.*)' \| aws lambda invoke", notes(cloud)[-1])
    assert cloud.invoke("decide", json.loads(payload))["outcome"] == "recorded"
    assert the_ask(cloud).decided_by == "iam:YOUR NAME"


def test_declining_keeps_the_reason_and_masks_what_looks_like_a_key(cloud: Cloud) -> None:
    ask_people(cloud)
    answer = decide(cloud, decision="decline", reason="the key tm_sk_test_0123456789abcdef is mine")
    assert answer["text"].startswith("Declined: ")
    assert answer["text"].endswith("Nothing is changed.")
    assert the_ask(cloud).reason == "the key [redacted] is mine"


def test_saying_it_again_is_recorded_once_and_another_opinion_comes_too_late(cloud: Cloud) -> None:
    ctx = ask_people(cloud)
    decide(cloud, decision="approve")
    assert decide(cloud, decision="approve")["text"].endswith("You had said so already.")
    late = decide(cloud, decision="decline", by="joe")
    assert late["outcome"] == "refused"
    assert late["text"].startswith("Nothing changed: it was approved already at ")
    assert late["text"].endswith("by iam:jane.")
    assert len([text for text in told(ctx) if text.startswith("Approved by")]) == 1


def test_an_old_plan_is_refused(cloud: Cloud) -> None:
    ask_people(cloud)
    answer = decide(cloud, decision="approve", plan_hash="f" * 16)
    assert answer["text"] == "Nothing changed: the plan has changed since this was shown; decide on the newest message."
    assert the_ask(cloud).decision is None


def test_with_only_the_incident_it_lists_what_is_open(cloud: Cloud) -> None:
    ask_people(cloud)
    answer = cloud.invoke("decide", {"incident_id": "pd-PABC123"})
    assert answer["outcome"] == "listed"
    assert answer["text"].startswith("1 open: ")
    [shown] = answer["human_tasks"]
    assert (shown["task"], shown["plan_hash"]) == ("approve-scale", HASH)
    assert shown["changes"] == {"hpa/twinmind-hpa spec.minReplicas": {"before": 2, "after": 4}}
    decide(cloud, decision="decline")
    assert cloud.invoke("decide", {"incident_id": "pd-PABC123"})["human_tasks"] == []


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({}, "Not understood (incident_id): send {"),
        ({"incident_id": "pd-NONE"}, "There is no incident pd-NONE."),
        (
            {"incident_id": "pd-NONE", "task": "a", "plan_hash": "h", "by": "j", "decision": "approve"},
            "no such incident",
        ),
        ({"incident_id": "pd-PABC123", "decision": "approve"}, "ask and plan_hash and by missing: "),
        ({"incident_id": "pd-PABC123", "decision": "yes"}, "Not understood (decision): "),
        ({"incident_id": "pd-PABC123", "approve": True}, "Not understood (approve): "),
        ({"incident_id": 7}, USAGE),
        ({"incident_id": "pd-PABC123", "by": "slack:U0ONCALL"}, "Not understood (by): "),
    ],
)
def test_bad_input_gets_a_sentence_that_says_what_to_send(cloud: Cloud, event: dict[str, Any], says: str) -> None:
    ask_people(cloud)
    answer = cloud.invoke("decide", event)
    assert answer["outcome"] == "refused"
    assert says in answer["text"]
    assert the_ask(cloud).decision is None


def test_a_name_that_no_incident_can_have_is_refused_and_no_fault(cloud: Cloud) -> None:
    assert "Not understood (incident_id)" in decide(cloud, incident_id="x" * 3000, decision="approve")["text"]


def test_of_many_answers_at_once_one_stands(cloud: Cloud) -> None:
    context_at(recent(human_tasks=(asked_now(),)))
    table = IncidentTable(SETTINGS["TABLE_NAME"])

    def answer(number: int) -> bool:
        decision = "approved" if number % 2 else "declined"
        one = TaskDecision(name="approve-scale", plan_hash=HASH, decision=decision, by=f"iam:{number}", at=now())
        try:
            record_decision(table, "pd-PABC123", one)
        except TaskNotOpen:
            return False
        return True

    with ThreadPoolExecutor(max_workers=6) as pool:
        counted = list(pool.map(answer, range(6)))
    assert sum(counted) == 1
    assert the_ask(cloud).decided_by == f"iam:{counted.index(True)}"


def test_an_interrupted_record_is_completed_by_the_same_answer_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The decision was stored, then the function died before it told the timeline and woke the workflow."""
    ctx = ask_people(cloud)
    monkeypatch.setattr(IncidentTable, "record", lambda *_: (_ for _ in ()).throw(RuntimeError("died")))
    with pytest.raises(RuntimeError):
        decide(cloud, decision="approve")
    monkeypatch.undo()
    assert decide(cloud, decision="approve")["outcome"] == "recorded"
    assert [text for text in told(ctx) if text.startswith("Approved by iam:jane")]
    assert ctx.table.get("pd-PABC123").event_seq == 1
    assert APPROVER not in str(the_ask(cloud).decided_by)

"""What people read when they are asked, on each way to them."""

import json
import re
import subprocess
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sandbox.slack_message import broken_limit, broken_view
from responder.domain.diagnosis import Cause, Severity
from responder.domain.human_task import HumanTask
from responder.domain.incident import IncidentStatus
from responder.domain.update import Update
from responder.integrations.slack.blocks import message, outdated
from responder.integrations.slack.buttons import reason_dialog
from responder.notifications.messages.asking import asked, requested_again
from responder.notifications.messages.plain import plain_text, subject
from responder.notifications.messages.settling import settled
from tests.support.approval_request import APPROVERS, HASH, an_ask
from tests.support.notifications import AT, a_situation, an_action, an_incident

OVERLOADED = an_incident(
    cause=Cause.SERVICE_OVERLOADED,
    severity=Severity.P2,
    impact="Transcriptions wait 40 s.",
    reasons=("service_metrics: CPU is at 97 % of its limit.", "twinmind_health: TwinMind answers in 210 ms."),
)
SITUATION = a_situation(OVERLOADED)
anything = st.text(max_size=400)


def buttons(update: Update) -> list[dict[str, Any]]:
    blocks = message(update, buttons=True)["blocks"]
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def slack_text(update: Update) -> str:
    return "\n".join(block["text"]["text"] for block in message(update)["blocks"] if "text" in block)


def test_whoever_was_just_woken_reads_what_by_when_why_exactly_what_and_how() -> None:
    text = plain_text(asked(SITUATION, an_ask(), APPROVERS), 20_000)
    assert text.startswith(
        "P2 · Your approval is needed by 14:18 UTC · Raise the autoscaler's floor of twinmind-service from 2 to 4 pods"
    )
    for part in (
        "Our service is overloaded.",
        "CPU is at 97 % of its limit.",
        "Changes hpa/twinmind-hpa spec.minReplicas: 2 → 4",
        "Effect: Two more pods share the load within about a minute.",
        "Undo: The floor goes back to 2 when the incident ends.",
        "If nobody answers by 14:18 UTC, we change nothing, and it is left to you.",
        "aws lambda invoke --function-name responder-decide --payload fileb:///dev/stdin",
    ):
        assert part in text
    assert len(text) < 1500


def test_the_command_carries_what_the_function_takes() -> None:
    [command] = asked(SITUATION, an_ask(), APPROVERS).commands
    # Plays the AWS CLI: shows what it was given on its standard input.
    done = subprocess.run(["/bin/bash", "-c", f"aws() {{ cat; }}\n{command}"], capture_output=True, check=True)
    assert json.loads(done.stdout) == {
        "incident_id": "pd-PABC123",
        "task": "approve-scale",
        "plan_hash": HASH,
        "decision": "approve",
        "by": "YOUR NAME",
    }


def test_the_buttons_stand_under_the_plan_and_show_effect_and_undo_before_it_is_done() -> None:
    update = asked(SITUATION, an_ask(), APPROVERS)
    blocks = message(update, buttons=True)["blocks"]
    assert [block["type"] for block in blocks][:3] == ["section", "section", "actions"]
    assert blocks[1]["text"]["text"].startswith("*The plan*\n• Changes hpa/twinmind-hpa")
    approve, decline = buttons(update)
    assert json.loads(approve["value"]) == {"incident_id": "pd-PABC123", "task": "approve-scale", "plan_hash": HASH}
    assert decline["value"] == approve["value"]
    assert approve["confirm"]["text"]["text"] == (
        "Effect: Two more pods share the load within about a minute.\n"
        "Undo: The floor goes back to 2 when the incident ends."
    )


def test_where_nobody_may_approve_in_slack_there_are_no_buttons_and_it_says_so() -> None:
    update = asked(SITUATION, an_ask(), ())
    assert buttons(update) == []
    assert "nobody may do it in Slack (runbook: approvals.approvers.slack)" in plain_text(update, 20_000)


def test_a_request_that_is_no_approval_has_its_own_command_and_no_buttons() -> None:
    task = an_ask(name="stage-key", plan_hash="", action=None, sentence="Stage a standby key.", command="make it so")
    update = asked(SITUATION, task, APPROVERS)
    assert buttons(update) == []
    assert update.question is None
    assert update.commands == ("make it so",)
    assert update.headline == "P2 · You are needed by 14:18 UTC · Stage a standby key"


def test_a_reminder_mentions_the_next_level_and_has_a_key_of_its_own() -> None:
    runbook = SITUATION.runbook
    lead = runbook.escalation[2].model_copy(update={"slack_mention": "<!subteam^S0LEAD>"})
    runbook = runbook.model_copy(update={"escalation": {**runbook.escalation, 2: lead}})
    first, second = an_ask(), an_ask(remind_at=AT)
    update = requested_again(a_situation(OVERLOADED, runbook=runbook), first, APPROVERS, 2)
    assert update.mention == "<!subteam^S0LEAD>"
    assert "Nobody has answered yet, needed by 14:18 UTC" in update.headline
    assert update.key != requested_again(SITUATION, second, APPROVERS, 2).key != asked(SITUATION, first, APPROVERS).key


@pytest.mark.parametrize(
    ("decided", "says"),
    [
        (
            {"decision": "approved", "decided_by": "slack:U0ONCALL"},
            "Approved by slack:U0ONCALL at 14:02 UTC · doing it now",
        ),
        (
            {"decision": "declined", "decided_by": "iam:jane", "reason": "A deployment is running"},
            "Declined by jane (by command) at 14:02 UTC · “A deployment is running” · nothing is changed",
        ),
        ({"decision": "declined", "decided_by": "slack:U0ONCALL"}, "at 14:02 UTC · nothing is changed"),
        ({"decision": "expired"}, "Nobody answered within 15 minutes · given up, nothing changed, it is left to you"),
        ({"decision": "withdrawn"}, "No longer asked · nothing was changed"),
        ({"decision": "fulfilled", "decided_by": "workflow"}, "Done by workflow at 14:02 UTC · going on"),
    ],
)
def test_what_became_of_it_is_said_and_leaves_no_button(decided: dict[str, Any], says: str) -> None:
    update = settled(SITUATION, an_ask(decided_at=AT, **decided))
    assert says in update.headline
    assert buttons(update) == []


def test_what_is_approved_after_the_recovery_is_not_said_to_be_done() -> None:
    task = an_ask(decision="approved", decided_at=AT, decided_by="slack:U0ONCALL")
    recovered = a_situation(OVERLOADED.model_copy(update={"status": IncidentStatus.MITIGATED}))
    text = plain_text(settled(recovered, task), 20_000)
    assert "it has recovered, so the approval is kept for later" in text
    assert "doing it now" not in text


def test_where_it_is_done_already_the_word_about_the_approval_says_what_came_of_it() -> None:
    done = an_action("applied", "The floor is 4.", name="scale"), an_action("applied", "Queued.", name="queue")
    task = an_ask(decision="approved", decided_at=AT, decided_by="slack:U0ONCALL", acted_on=True)
    update = settled(a_situation(OVERLOADED, *done), task)
    assert update.headline == "P2 · Done, as slack:U0ONCALL approved · The floor is 4"
    declined = task.model_copy(update={"decision": "declined"})
    assert "Raise the autoscaler's floor" in settled(a_situation(OVERLOADED, *done), declined).headline


def test_slack_shows_the_name_of_who_decided() -> None:
    update = settled(SITUATION, an_ask(decision="approved", decided_at=AT, decided_by="slack:U0ONCALL"))
    assert re.search(r"Approved by <@U0ONCALL> at <!date\^\d+\^\{time\}\|14:02 UTC>", slack_text(update))
    declined = an_ask(decision="declined", decided_at=AT, decided_by="slack:U0ONCALL", reason="said by slack:U0LEAD")
    assert "<@U0LEAD>" not in slack_text(settled(SITUATION, declined))


def test_a_secret_in_a_plan_is_masked_and_long_plans_are_counted() -> None:
    changes = {f"setting {number}": {"before": None, "after": "tm_sk_test_0123456789abcdef"} for number in range(12)}
    text = plain_text(asked(SITUATION, an_ask(changes=changes), APPROVERS), 20_000)
    assert "0123456789abcdef" not in text.replace(HASH, "")
    assert "setting 0: nothing → [redacted]" in text
    assert "And 2 more changes of the same kind." in text


@pytest.mark.parametrize("sign", ["x", "<", "&", "\n", "ä"])
def test_the_longest_plan_fits_into_the_dialogs(sign: str) -> None:
    task = an_ask(sentence=sign * 5000, effect=sign * 2000, undo=sign * 2000, changes={sign * 3000: sign * 3000})
    assert broken_limit(message(asked(SITUATION, task, APPROVERS), buttons=True)) is None
    assert not broken_view(reason_dialog("{}", task.sentence))


@given(anything, anything, anything, st.dictionaries(anything, anything, max_size=15), anything)
def test_whatever_a_plan_says_slack_takes_it_and_nobody_is_paged(
    sentence: str, effect: str, undo: str, changes: dict[str, str], reason: str
) -> None:
    texts = {"effect": f"{effect}<!channel>", "undo": f"<!here>{undo}", "reason": reason or None}
    task = an_ask(sentence=f"{sentence} & <!everyone>", changes=changes, **texts)
    done: HumanTask = task.model_copy(update={"decision": "declined", "decided_at": AT, "decided_by": "iam:<!channel>"})
    for update in (
        asked(SITUATION, task, APPROVERS),
        requested_again(SITUATION, task, APPROVERS, 2),
        settled(SITUATION, done),
    ):
        content = message(update, buttons=True)
        assert broken_limit(content) is None
        assert not re.search(r"<!(?!date\^\d+\^\{time(_secs)?\}\|[\d:]+ UTC>)", json.dumps(content))
        mail = subject(update.headline)
        assert len(mail) <= 100
        assert mail.isascii()
        assert mail.isprintable()
    assert not broken_view(reason_dialog("{}", task.sentence))
    assert "<!" not in json.dumps(reason_dialog("{}", task.sentence))
    assert broken_limit(outdated(task.sentence, "Asked again below.")) is None

"""Laws of asking: one decision stands, none after the time, none on another plan, and everything due is said once."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.domain.human_task import (
    HumanTask,
    HumanTasks,
    TaskDecision,
    TaskNotOpen,
    due_message,
    is_repeat,
    task_named,
    with_changes,
    with_decision,
    with_expired,
)
from tests.support.approval_request import HASH, an_ask
from tests.support.notifications import AT

PEOPLE = st.sampled_from(["slack:U0ONCALL", "slack:U0LEAD", "iam:jane"])
ANSWERS = st.builds(
    TaskDecision,
    name=st.sampled_from(["approve-scale", "approve-scale", "approve-model"]),
    plan_hash=st.sampled_from([HASH, HASH, "another-plan"]),
    decision=st.sampled_from(["approved", "declined"]),
    by=PEOPLE,
    at=st.integers(0, 2000).map(lambda seconds: AT + timedelta(seconds=seconds)),
    reason=st.none() | st.text(max_size=10),
)


def played(human_tasks: HumanTasks, answers: list[TaskDecision]) -> tuple[HumanTasks, list[TaskDecision]]:
    """What stands after all of them, and which of them counted."""
    counted = []
    for answer in answers:
        try:
            human_tasks = with_decision(human_tasks, answer)
        except TaskNotOpen:
            continue
        counted.append(answer)
    return human_tasks, counted


@given(st.lists(ANSWERS, max_size=12))
def test_of_any_answers_in_any_order_the_first_valid_one_stands(answers: list[TaskDecision]) -> None:
    task = an_ask()
    after, counted = played((task,), answers)
    valid = [one for one in answers if one.name == task.name and one.plan_hash == HASH and task.is_open(one.at)]
    assert counted == valid[:1]
    [stands] = after
    assert (stands.decision, stands.decided_by, stands.decided_at, stands.reason) == (
        (valid[0].decision, valid[0].by, valid[0].at, valid[0].reason) if valid else (None, None, None, None)
    )


@given(st.lists(ANSWERS, max_size=6), st.integers(0, 2000), st.lists(ANSWERS, max_size=6))
def test_an_expired_ask_stays_expired_and_a_decided_one_decided(
    before: list[TaskDecision], seconds: int, after: list[TaskDecision]
) -> None:
    now = AT + timedelta(seconds=seconds)
    decided, _ = played((an_ask(),), before)
    expired = with_expired(decided, now)
    assert with_expired(expired, now) == expired
    assert expired[0].decision == (decided[0].decision or (None if decided[0].is_open(now) else "expired"))
    if expired[0].decision == "expired":
        assert played(expired, after) == (expired, [])


@given(ANSWERS)
def test_only_the_same_person_saying_the_same_is_a_repeat(answer: TaskDecision) -> None:
    human_tasks, counted = played((an_ask(),), [answer])
    assert is_repeat(human_tasks, answer) is bool(counted)
    for other in ({"by": "slack:U0OTHER"}, {"plan_hash": "x"}, {"name": "x"}):
        assert not is_repeat(human_tasks, answer.model_copy(update=other))


@pytest.mark.parametrize(
    ("task", "answer", "why"),
    [
        ({}, {"name": "approve-none"}, "nothing named approve-none is asked for in this incident"),
        ({}, {"plan_hash": "old"}, "the plan has changed since this was shown; decide on the newest message"),
        ({}, {"at": AT + timedelta(hours=1)}, "the time to decide ended at 14:18 UTC; nothing was changed"),
        (
            {"decision": "approved", "decided_by": "slack:U0LEAD", "decided_at": AT},
            {},
            "it was approved already at 14:02 UTC, by slack:U0LEAD",
        ),
        ({"decision": "expired", "decided_at": AT}, {}, "the time to decide ended at 14:02 UTC; nothing was changed"),
    ],
)
def test_whoever_comes_too_late_is_told_why(task: dict[str, object], answer: dict[str, object], why: str) -> None:
    fields = {"name": "approve-scale", "plan_hash": HASH, "decision": "approved", "by": "iam:jane", "at": AT}
    with pytest.raises(TaskNotOpen) as refused:
        with_decision((an_ask(**task),), TaskDecision.model_validate(fields | answer))
    assert str(refused.value) == why


@given(st.lists(st.integers(1, 400), max_size=12), st.none() | st.integers(0, 1500))
def test_question_reminders_and_outcome_are_each_said_once_and_in_this_order(
    steps: list[int], decided_after: int | None
) -> None:
    """Plays the watch: time passes, whatever is due is said and marked as publish_update marks it."""
    human_tasks: HumanTasks = (an_ask(),)
    now, said = AT + timedelta(minutes=1), []
    for step in [0, *steps, 2000, 1, 1]:
        now += timedelta(seconds=step)
        if decided_after is not None and now >= AT + timedelta(seconds=decided_after) and human_tasks[0].is_open(now):
            human_tasks = with_changes(human_tasks, "approve-scale", decision="declined", decided_at=now)
        due = due_message(human_tasks, now)
        if due:
            said.append(due[0])
            human_tasks = marked(human_tasks, due[0], now)
        assert due_message(human_tasks, now) != due or due is None
    assert said == sorted(set(said), key=["task", "task_reminder", "task_settled"].index)
    assert ("task_settled" in said) is ("task" in said)


def marked(human_tasks: HumanTasks, kind: str, now: object) -> HumanTasks:
    field = {"task": "told_at", "task_reminder": "reminded_at", "task_settled": "outcome_told_at"}[kind]
    return with_changes(human_tasks, "approve-scale", **{field: now})


def test_the_same_plan_asked_again_later_is_another_asking() -> None:
    first, second = an_ask(), an_ask(requested_at=AT + timedelta(hours=1))
    assert first.key != second.key
    assert task_named((first,), "approve-none") is None
    assert not HumanTask(name="stage-key", sentence="Stage a key.", requested_at=AT, remind_at=AT).is_approval

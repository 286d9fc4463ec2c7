"""What is still open after an incident (S-104 to S-116): what can be seen to be open, and silence when all is done."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged
from responder.domain.diagnosis import Severity
from responder.domain.incident import Ticket
from responder.workflow.follow_up import Aftermath, TicketState, due_times, left_open
from tests.support.notifications import AT, an_incident

TICKET = Ticket(key="OPS-1", url="https://acme.atlassian.net/browse/OPS-1", created_at=AT)
CLOSED = an_incident(resolved_at=AT, report_key="reports/pd-PABC123.md", ticket=TICKET)
DONE = Aftermath(CLOSED, ticket_wanted=True, ticket=TicketState("OPS-1", is_done=True))


def test_reminders_fall_due_a_day_and_a_week_after_closing() -> None:
    assert due_times(packaged(), AT) == ((24, AT + timedelta(days=1)), (168, AT + timedelta(days=7)))


@given(st.booleans(), st.sampled_from((None, 0, 1, 5)), st.booleans())
def test_silent_when_all_is_done(is_last: bool, spares: int | None, rotated: bool) -> None:
    aftermath = replace(DONE, spares=spares, rotated=rotated and bool(spares))
    assert left_open(aftermath, is_last=is_last) == ()


def test_the_day_names_what_cannot_wait() -> None:
    found = left_open(
        replace(
            DONE,
            incident=CLOSED.model_copy(update={"checks_agree": False}),
            rotated=True,
            spares=0,
            unrevoked=True,
            notice_open=True,
            stakeholders_told=False,
            unanswered=("Revoke it?",),
        ),
        is_last=False,
    )
    assert [line.split(":")[0] for line in found] == [
        "Revoke the leaked key",
        "Confirm that it is fully resolved",
        "Resolve the notice on our status page",
        "Tell stakeholders that it is over",
        "Stage a spare TwinMind key",
        "Still unanswered",
    ]


def test_a_spare_that_nobody_has_seen_work_is_said_to_be_so() -> None:
    (line,) = left_open(replace(DONE, rotated=True, spares=None), is_last=False)
    assert "nobody has seen a staged key work since" in line


def test_the_week_names_the_follow_ups_that_nobody_ticked_and_the_ticket_when_they_are_done() -> None:
    boxes = tuple(f"Follow-up {number}" for number in range(7))
    week = left_open(replace(DONE, ticket=TicketState("OPS-1", is_done=False, open_boxes=boxes)), is_last=True)
    assert week[0] == "OPS-1: Follow-up 0"
    assert week[-1] == "OPS-1: 2 more follow-ups."
    (close,) = left_open(replace(DONE, ticket=TicketState("OPS-1", is_done=False)), is_last=True)
    assert close == "Close OPS-1: its follow-ups are done."
    assert left_open(replace(DONE, ticket=TicketState("OPS-1", is_done=False)), is_last=False) == ()


def test_a_ticket_that_cannot_be_read_is_not_said_to_be_open() -> None:
    assert left_open(replace(DONE, ticket=None), is_last=True) == ()


def test_without_a_ticket_system_the_post_mortem_is_recalled_once_at_the_week() -> None:
    alone = replace(DONE, incident=CLOSED.model_copy(update={"ticket": None}), ticket_wanted=False, ticket=None)
    assert left_open(alone, is_last=False) == ()
    assert [line[:21] for line in left_open(alone, is_last=True)] == ["Hold the post-mortem "]


def test_stakeholders_are_those_of_the_severities_that_concern_them() -> None:
    low = replace(DONE, incident=CLOSED.model_copy(update={"severity": Severity.P4}), stakeholders_told=False)
    assert left_open(low, is_last=False) == ()

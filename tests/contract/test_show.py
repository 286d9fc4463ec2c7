"""`make show`: what people have of an incident, read from the sandbox that has just taken it."""

import pytest

from local import show
from local.drill.outside import Stack
from tests.support.inprocess import Cloud
from tests.support.telling import at_desk, recent

ID = "pd-PABC123"


@pytest.fixture
def stack(cloud: Cloud) -> Stack:
    at_desk(recent())
    cloud.invoke("announce_incident", {"incident_id": ID, "generation": 1})
    cloud.invoke("publish_update", {"incident_id": ID, "generation": 1, "kind": "handover"})
    return Stack({"sandbox_url": cloud.sandbox.url})


def test_the_thread_is_its_head_and_its_replies_as_text(cloud: Cloud, stack: Stack) -> None:
    text = "\n".join(show.thread(stack, cloud.incident(ID)))
    assert text.count("(head)") == 1
    assert text.count("(reply)") == 1
    assert "WHAT WE NEED FROM YOU" in text
    assert list(show.thread(stack, {"id": "pd-ANOTHER"})) == []


def test_the_ticket_is_its_boxes_and_its_comments(cloud: Cloud, stack: Stack) -> None:
    text = "\n".join(show.ticket(stack, cloud.incident(ID)))
    assert text.startswith("OPS-1 [To Do] P1: TwinMindHighErrorRate")
    assert "[x] Note the start time" in text
    assert "[ ] Join the incident channel" in text
    assert "── comment" in text
    assert list(show.ticket(stack, {"id": "pd-ANOTHER", "ticket": None})) == ["no ticket"]


def test_the_journal_is_every_call_with_its_time(cloud: Cloud, stack: Stack) -> None:
    lines = list(show.journal(stack, cloud.incident(ID)))
    assert len(lines) == len(stack.journal())
    made = [line for line in lines if "tickets" in line and "POST" in line and line.endswith("/issue")]
    assert [line[2] + line[5] + line[8] for line in made] == ["::."]

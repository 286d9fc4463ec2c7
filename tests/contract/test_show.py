"""`make show`: what people have of an incident, read from the sandbox that has just taken it."""

import json
import os
import re
from pathlib import Path

import pytest

from local import show
from local.drill.stack import Stack
from local.incident_data import Kept, Live, keep
from tests.support.inprocess import Cloud
from tests.support.notifications import context_at, recent

ID = "pd-PABC123"


@pytest.fixture
def stack(cloud: Cloud) -> Live:
    context_at(recent(page_url="https://api.example.com/v1/incidents/pd-PABC123/page?token=1&more=2"))
    cloud.invoke("announce_incident", {"incident_id": ID, "execution_number": 1})
    cloud.invoke("publish_update", {"incident_id": ID, "execution_number": 1, "kind": "handover"})
    return Live(Stack({"sandbox_url": cloud.sandbox.url}))


def test_the_thread_is_its_head_and_its_replies_as_text(cloud: Cloud, stack: Live) -> None:
    text = "\n".join(show.thread(stack, cloud.incident(ID)))
    assert text.count("(head)") == 1
    assert text.count("(reply)") == 2  # the diagnosis, which lasts, and what was handed over
    assert "*What we need from you*" in text
    assert re.search(r"^(Next update by .* · )?Incident page · ", text, re.MULTILINE)
    assert "token=" not in text
    assert "&amp;" not in text
    assert list(show.thread(stack, {"id": "pd-ANOTHER"})) == []


def test_the_threads_of_the_drills_are_the_newest_of_each(cloud: Cloud, stack: Live, tmp_path: Path) -> None:
    assert list(show.threads(Kept(tmp_path))) == []
    (tmp_path / "pd-BEFORE.json").write_text(json.dumps({"drill": "revoked_key"}), encoding="utf-8")
    os.utime(tmp_path / "pd-BEFORE.json", (0, 0))
    keep(stack, cloud.incident(ID) | {"page": None}, tmp_path, "revoked_key")
    text = "\n".join(show.threads(Kept(tmp_path)))
    assert text.startswith("══ drill revoked_key: Somebody revoked")
    assert text.count("(head)") == text.count("══ drill") == 1


def test_the_ticket_is_its_boxes_and_its_comments(cloud: Cloud, stack: Live) -> None:
    text = "\n".join(show.ticket(stack, cloud.incident(ID)))
    assert text.startswith("OPS-1 [To Do] P1: TwinMindHighErrorRate")
    assert "[x] Note the start time" in text
    assert "[ ] Join the incident channel" in text
    assert "── comment" in text
    assert list(show.ticket(stack, {"id": "pd-ANOTHER", "ticket": None})) == ["no ticket"]


def test_the_journal_says_what_went_to_whom_and_how_long_after_the_alert(cloud: Cloud, stack: Live) -> None:
    lines = list(show.journal(stack, cloud.incident(ID)))
    told = [line for line in lines if "→" in line]
    for whom in ("Slack, thread opened", "Slack, reply", "status page, identified", "ticket, made", "PagerDuty, note"):
        [line, *_] = [line for line in told if f"→ {whom}" in line]
        assert re.match(r"\d\d:\d\d:\d\d  \+ \d min \d\d\.\d s  →", line)
    assert [line for line in told if "Slack, head edited" in line] == []
    assert any("· handed over" in line for line in lines)
    reads = sum(call["method"] == "GET" for call in stack.calls(ID))
    assert f"Left out: {reads} calls" in lines[-1]


def test_a_call_that_did_not_get_through_is_told_as_such(cloud: Cloud, stack: Live) -> None:
    cloud.sandbox.patch({"statuspage": {"up": False}, "slack": {"up": False}})
    cloud.invoke("publish_update", {"incident_id": ID, "execution_number": 1, "kind": "mitigated"})
    lines = list(show.journal(stack, cloud.incident(ID)))
    assert any("→ Slack" in line and "(HTTP 503)" in line for line in lines)
    assert sum("✗ not delivered" in line for line in lines) == 2


def test_the_calls_are_all_there_with_their_times(cloud: Cloud, stack: Live) -> None:
    lines = list(show.calls(stack, cloud.incident(ID)))
    assert len(lines) == len(stack.calls(ID))
    made = [line for line in lines if "tickets" in line and "POST" in line and line.endswith("/issue")]
    assert [line[2] + line[5] + line[8] for line in made] == ["::."]

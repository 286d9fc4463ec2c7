"""The incident's ticket on Jira's REST v3: one, whatever is repeated, lost or edited by people (S-23, S-107)."""

import json
from datetime import timedelta
from typing import Any

import pytest

from responder.context import IncidentContext, open_context
from responder.contracts.channel import Failed
from responder.domain.clock import now
from responder.domain.finding import FindingStatus
from responder.domain.incident import IncidentStatus
from responder.integrations.jira import ticket
from responder.integrations.jira.adf import boxes_done, words
from responder.integrations.jira.channel import JiraChannel
from responder.notifications.context import bare_context
from responder.notifications.delivery import deliver
from responder.notifications.messages.compose import announced, handed_over, in_progress
from responder.notifications.messages.ending import mitigated, report_written, resolved
from tests.support.inprocess import VENDORS, Cloud
from tests.support.notifications import a_finding, context_at, recent, told

ID = "pd-PABC123"


def issues(cloud: Cloud) -> dict[str, Any]:
    return dict(cloud.sandbox.world["tickets"]["issues"])


def only_issue(cloud: Cloud) -> dict[str, Any]:
    (found,) = issues(cloud).values()
    assert isinstance(found, dict)
    return found


def said(cloud: Cloud) -> list[str]:
    return [words(comment["body"]) for comment in only_issue(cloud)["comments"]]


def again() -> IncidentContext:
    return open_context({"incident_id": ID, "execution_number": 1})


def send(update: Any = announced) -> str:
    ctx = again()
    return deliver(ctx, JiraChannel(), update(bare_context(ctx))).outcome


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> None:
    """No lag of a search is waited for."""
    monkeypatch.setattr(ticket, "SEARCH_LAG", timedelta(0))


def test_one_ticket_with_diagnosis_and_the_checklist(cloud: Cloud) -> None:
    ctx = context_at(recent())
    ctx.table.keep_findings(
        ID,
        "diagnosis-1-1",
        [
            a_finding("twinmind_status_page", FindingStatus.OK, "All systems operational."),
            a_finding("service_health", FindingStatus.UNKNOWN, "Not reached."),
            # The way to TwinMind says nothing of our own infrastructure.
            a_finding("network", FindingStatus.OK, "Names resolve, and TwinMind's certificate is valid."),
        ],
    )
    assert send() == "sent"
    fields = only_issue(cloud)["fields"]
    assert fields["summary"] == "P1: TwinMindHighErrorRate: 100% of transcriptions fail"
    assert fields["labels"] == ["twinmind-incident", f"twinmind-{ID}"]
    assert only_issue(cloud)["properties"] == {"incident": {"id": ID}}
    text = words(fields["description"])
    assert "Our key is answered with 401" in text
    done = boxes_done(fields["description"])
    assert {"first-start", "first-status-page"} <= done
    unseen = {"first-health", "first-deployments", "first-infrastructure"}
    assert not {"first-acknowledge", "first-join", "first-public", *unseen} & done
    assert f"Check the TwinMind status page {cloud.sandbox.url}/twinmind-status: TwinMind status page ok (14:02" in text
    stored = again().incident.ticket
    assert stored is not None
    assert (stored.key, stored.url) == ("OPS-1", f"{cloud.sandbox.url}/tickets/browse/OPS-1")


def test_a_repeated_announcement_and_two_at_once_are_one_ticket(cloud: Cloud) -> None:
    context_at(recent())
    assert [send(), send()] == ["sent", "sent"]
    assert len(issues(cloud)) == 1
    assert only_issue(cloud)["comments"] == []


def test_what_follows_comes_as_comments_and_ticks_the_boxes(cloud: Cloud) -> None:
    ctx = context_at(recent())
    send()
    sent: dict[str, Any] = {"audience": "stakeholders", "outcome": "sent"}
    ctx.record("message", "Stakeholders' e-mail (SNS): published.", key="sent-stakeholders-announced-1", **sent)
    assert [send(handed_over), send(handed_over)] == ["sent", "sent"]
    assert len(said(cloud)) == 1
    assert "yours now" in said(cloud)[0]
    assert {"first-stakeholders", "first-ticket"} <= boxes_done(only_issue(cloud)["fields"]["description"])


def test_a_lost_answer_is_searched_for_and_not_asked_for_twice(cloud: Cloud) -> None:
    """The search shows the issue a second later; the second try comes after two."""
    context_at(recent())
    cloud.sandbox.patch({"faults": {"tickets": {"lose_answer": {"method": "POST", "path": "/issue"}}}})
    assert send() == "sent"
    assert len(issues(cloud)) == 1
    assert again().incident.ticket is not None


def test_while_the_search_lags_nothing_is_made_and_the_next_update_finds_it(cloud: Cloud) -> None:
    context_at(recent())
    cloud.sandbox.patch({"tickets": {"search_lag_ms": 600_000}})
    cloud.sandbox.patch({"faults": {"tickets": {"lose_answer": {"method": "POST", "path": "/issue"}}}})
    assert send() == "failed"
    assert any("Jira's search does not show it yet (label twinmind-pd-PABC123)" in text for text in told(again()))
    cloud.sandbox.patch({"tickets": {"search_lag_ms": 0}})
    assert send(mitigated) == "sent"
    assert len(issues(cloud)) == 1
    assert "Recovered" in said(cloud)[0]


def test_a_create_that_never_happened_is_made_once_the_search_must_know(cloud: Cloud, fast: None) -> None:
    context_at(recent())
    cloud.sandbox.patch({"tickets": {"up": False}})
    assert send() == "failed"
    cloud.sandbox.patch({"tickets": {"up": True}})
    assert send(handed_over) == "sent"
    assert len(issues(cloud)) == 1


def test_a_step_that_died_after_the_ticket_was_made_finds_it_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = context_at(recent())

    class Died(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(type(ctx.table), "amend", dies)
        with pytest.raises(Died):
            send()
    assert (len(issues(cloud)), again().incident.ticket) == (1, None)
    assert send() == "sent"
    assert len(issues(cloud)) == 1
    assert again().incident.ticket is not None


def test_one_that_could_not_be_made_is_made_with_the_next_progress_and_progress_adds_no_comment(
    cloud: Cloud, fast: None
) -> None:
    context_at(recent())
    cloud.sandbox.patch({"tickets": {"up": False}})
    send()
    cloud.sandbox.patch({"tickets": {"up": True}})
    assert send(in_progress) == "sent"
    again().table.amend(ID, told_at=now())
    assert send(in_progress) == "skipped"
    assert (len(issues(cloud)), len(said(cloud))) == (1, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"faults": {"tickets": {"fail_next": [{"status": 200, "body": "<html>"}]}}},
        {"faults": {"tickets": {"fail_next": [{"status": 201, "body": {"key": "../../x OPS-1"}}]}}},
        {"faults": {"tickets": {"drop": True}}},
        {"tickets": {"latency_ms": 4000}},
    ],
    ids=["nonsense", "a key that is none", "no answer", "too late an answer"],
)
def test_nonsense_silence_and_slowness_fail_alone_and_leave_at_most_one(cloud: Cloud, fault: dict[str, Any]) -> None:
    context_at(recent())
    cloud.sandbox.patch(fault)
    assert send() == "failed"
    assert any("Ticket did not take the message" in text for text in told(again()))
    cloud.sandbox.patch({"faults": {"tickets": {"drop": False, "fail_next": []}}, "tickets": {"latency_ms": 0}})
    cloud.sandbox.patch({"tickets": {"search_lag_ms": 0}})
    send(handed_over)
    assert len(issues(cloud)) <= 1


def test_a_refusal_names_the_field_and_leaves_no_doubt(cloud: Cloud) -> None:
    context_at(recent())
    cloud.sandbox.patch({"tickets": {"project": "INC"}})
    assert send() == "failed"
    assert any("HTTP 400 for project" in text for text in told(again()))
    cloud.sandbox.patch({"tickets": {"project": None}})
    assert send(handed_over) == "sent"


def test_a_limit_is_waited_for(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    context_at(recent())
    limited = {"status": 429, "retry_after": 1}
    cloud.sandbox.patch({"faults": {"tickets": {"fail_next": [limited]}}})
    assert send() == "sent"
    assert 1.0 in slept


def test_ticks_of_people_stay_and_a_rewritten_description_is_theirs(cloud: Cloud) -> None:
    context_at(recent())
    send()
    description = only_issue(cloud)["fields"]["description"]
    ticked = json.loads(
        json.dumps(description).replace('"first-join", "state": "TODO"', '"first-join", "state": "DONE"')
    )
    cloud.sandbox.patch({"tickets": {"issues": {"OPS-1": {"fields": {"description": ticked}}}}})
    send(handed_over)
    after = only_issue(cloud)["fields"]["description"]
    assert "first-join" in boxes_done(after)
    assert words(after) != words(ticked)
    mine = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "Mine"}]}],
    }
    cloud.sandbox.patch({"tickets": {"issues": {"OPS-1": {"fields": {"description": mine}}}}})
    send(mitigated)
    assert only_issue(cloud)["fields"]["description"] == mine
    assert any("its description is people's now" in text for text in told(again()))


def test_the_report_ends_it_with_the_timeline_and_the_follow_ups_as_boxes(cloud: Cloud) -> None:
    ctx = context_at(recent(status=IncidentStatus.RESOLVED, resolved_at=now()))
    ctx.record("closed", "It is closed.", key="closed-1")
    cloud.sandbox.patch({"tickets": {"search_lag_ms": 0}})
    assert send(lambda notification: report_written(notification, "reports", f"reports/{ID}.md")) == "sent"
    text = words(only_issue(cloud)["fields"]["description"])
    assert "Follow-ups" in text
    assert "Write the lessons learned into the report" in text
    (report,) = said(cloud)
    assert "It is closed." not in report
    assert f"/reports?region=us-east-1&prefix=reports/{ID}.md" in json.dumps(only_issue(cloud)["comments"])
    assert len(json.dumps(only_issue(cloud)["comments"][0]["body"])) < 3_000


def test_after_the_end_it_has_an_owner_and_a_due_date_where_jira_has_the_fields(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"jira": {"follow_up_owner": "5b0owner"}}})
    ctx = context_at(recent())
    send()
    send(mitigated)
    assert "duedate" not in only_issue(cloud)["fields"]
    closed = now()
    ctx.table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=closed)
    cloud.sandbox.patch({"tickets": {"edit_screen": ["description", "duedate"]}})
    assert send(lambda notification: resolved(notification, closed)) == "sent"
    due = f"{closed + timedelta(days=7):%Y-%m-%d}"
    assert (only_issue(cloud)["fields"]["duedate"], only_issue(cloud)["fields"].get("assignee")) == (due, None)
    assert f"(owner: to be named, due {due})" in words(only_issue(cloud)["fields"]["description"])
    cloud.sandbox.patch({"tickets": {"edit_screen": ["description", "duedate", "assignee"]}})
    cloud.sandbox.patch({"tickets": {"issues": {"OPS-1": {"fields": {"duedate": "2027-01-01"}}}}})
    send(lambda notification: report_written(notification, "reports", f"reports/{ID}.md"))
    fields = only_issue(cloud)["fields"]
    assert (fields["duedate"], fields["assignee"]) == ("2027-01-01", {"accountId": "5b0owner"}), "people's date stays"


def test_very_much_evidence_still_fits_into_the_ticket(cloud: Cloud) -> None:
    ctx = context_at(recent())
    texts = [f"Finding {number}: " + "much was said about it. " * 40 for number in range(60)]
    findings = [a_finding(f"probe_{place}", FindingStatus.FAILED, text) for place, text in enumerate(texts)]
    ctx.table.keep_findings(ID, "diagnosis-1-1", findings)
    assert send() == "sent"
    description = only_issue(cloud)["fields"]["description"]
    assert len(json.dumps(description)) <= 32_767
    assert "some entries are left out here" in words(description)


def test_without_a_project_or_a_token_nothing_is_sent_and_that_is_said_once(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"jira": {"project_key": None}}})
    context_at(recent())
    assert [send(), send(handed_over)] == ["skipped", "skipped"]
    assert len([text for text in told(again()) if "no ticket system is configured" in text]) == 1
    assert issues(cloud) == {}


def test_no_credential_is_told(cloud: Cloud) -> None:
    context_at(recent())
    cloud.sandbox.patch({"credentials": {"tickets": "another-token-entirely"}})
    ctx = again()
    outcome = JiraChannel().send(ctx, announced(bare_context(ctx)), repeated=False)
    why = "HTTP 401, Client must be authenticated to access this resource."
    assert outcome == Failed(why, again=False, pause=0.5)
    assert VENDORS["tickets"] not in str(told(ctx))

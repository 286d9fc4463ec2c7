"""The report by the runbook's template (S-117 to S-127)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from responder.domain.diagnosis import Cause
from responder.domain.finding import FindingStatus
from responder.domain.incident import ActionRecord, LatestValue, TimelineEntry
from responder.notifications.context import same_cause
from responder.notifications.messages.notification import Earlier, NotificationContext
from responder.notifications.messages.parts import ended_by
from responder.report.figures import acted_at, figures
from responder.report.render.html import html
from responder.report.render.markdown import markdown
from responder.report.report import report_document
from tests.support.notifications import AT, a_finding, a_situation, an_action, an_incident

# What delivery writes beside the text (test_channels.py).
TO_THE_PUBLIC: dict[str, Any] = {"audience": "public", "outcome": "sent", "routine": False}


def entry(seconds: int, kind: str, text: str, key: str = "", **data: Any) -> TimelineEntry:
    return TimelineEntry(at=AT + timedelta(seconds=seconds), kind=kind, text=text, key=key or f"{kind}-1", data=data)


def history(*entries: TimelineEntry, actions: tuple[ActionRecord, ...] = (), **changes: Any) -> NotificationContext:
    ended = {"resolved_at": AT + timedelta(minutes=67)} | changes
    findings = (
        a_finding("service_metrics", FindingStatus.UNKNOWN, "No metrics."),
        a_finding("twinmind_account", FindingStatus.FAILED, "Our key is answered with 401."),
    )
    return a_situation(an_incident(**ended), *actions, timeline=entries, findings=findings)


def report(found: NotificationContext) -> str:
    return markdown(report_document(found))


def test_every_part_of_the_template_is_there() -> None:
    text = report(history(entry(0, "alert_triggered", "Alert triggered.")))
    for line in (
        "# Incident Report: TwinMindHighErrorRate: 100% of transcriptions fail",
        "**Date:** 2026-06-01  ",
        "**Duration:** 14:02:11 - 15:09:11 UTC (1 hour 7 minutes)  ",
        "**Severity:** P1  ",
        "**Impact:** 118 of 120 calls a minute fail.",
        "## Summary",
        "## Timeline",
        "- 14:02:11 - Alert triggered.",
        "## Root Cause",
        "## Resolution",
        "## Action Items",
        "## Lessons Learned",
    ):
        assert line in text.splitlines()
    for sort in ("Preventive", "Monitoring", "Documentation"):
        assert f"- [ ] {sort}: " in text


def test_the_root_cause_comes_with_its_evidence_the_failed_one_first() -> None:
    text = report(history())
    assert "- Our key is answered with 401." in text
    assert text.index("`twinmind_account` (failed, 14:02 UTC") < text.index("`service_metrics` (unknown")
    assert text.index("## Resolution") < text.index("## Evidence")
    assert text.index("<details>") < text.index("`twinmind_account` (failed") < text.index("</details>")


def test_an_incident_over_midnight_carries_its_dates() -> None:
    text = report(history(entry(90_000, "closed", "Closed."), resolved_at=AT + timedelta(hours=25)))
    assert "**Duration:** 14:02:11 - 2026-06-02 15:02:11 UTC (25 hours 0 minutes)" in text
    assert "- 15:02:11 (2026-06-02) - Closed." in text


def test_action_items_follow_from_what_happened() -> None:
    text = report(
        history(
            entry(900, "escalation", "Escalated to level 2."),
            entry(9, "message", "Slack did not take it.", "failed-slack-announced", channel="slack"),
            actions=(an_action("no_standby_key", "No standby key is staged."),),
            opened_at=AT + timedelta(minutes=9),
        )
    )
    assert "stage two standby keys, so that the next rotation needs nobody. Command, for each: make stage-key" in text
    assert "(owner: to be named, due 2026-06-08)" in text
    assert "the alert reached us 9 minutes after it was raised" in text
    assert "these probes could not see: service metrics" in text
    assert "these channels failed: slack" in text
    assert "nobody acknowledged in time" in text


def test_nothing_of_that_appears_where_it_did_not_happen() -> None:
    text = report(history(actions=(an_action("promoted", "The new key is in force."),)))
    assert "revoke the old key" in text
    for absent in ("stage two standby keys", "reached us", "channels failed", "nobody acknowledged"):
        assert absent not in text


def test_routine_deliveries_stay_out_of_the_timeline_and_failures_and_the_public_notice_stay_in() -> None:
    text = report(
        history(
            entry(9, "message", "Slack: thread opened.", "sent-slack-announced", routine=True),
            entry(9, "message", "Public notice: posted.", "sent-statuspage-announced", **TO_THE_PUBLIC),
            entry(9, "message", "The note was refused.", "failed-upstream-announced"),
        )
    )
    assert "thread opened" not in text
    assert "Public notice: posted." in text
    assert "The note was refused." in text


def test_text_from_outside_is_no_markup() -> None:
    text = report(history(entry(0, "alert_triggered", "<script>x</script>\n# head [a](b) |"), title="*a* <b>\n## c"))
    assert "<script>" not in text
    assert "\n# head" not in text
    assert "## c" not in text.replace("# Incident Report: \\*a\\* &lt;b&gt; ## c", "")
    assert r"\[a\](b) \|" in text


def test_an_unknown_cause_is_left_to_people() -> None:
    text = report(history(cause=Cause.UNKNOWN, impact=None, user_impact=False))
    assert "People must find it." in text
    assert "find the root cause." in text
    assert "No finding shows that users were affected." in text


def test_earlier_incidents_with_the_same_cause_are_named_with_what_ended_them() -> None:
    now_one = an_incident()
    before = AT - timedelta(days=3)
    others = [
        an_incident("pd-OTHERCAUSE", started_at=before, cause=Cause.PROVIDER_OUTAGE),
        an_incident("pd-LATER", started_at=AT + timedelta(days=1)),
        an_incident("pd-MERGED", started_at=before, merged_into="pd-X"),
        now_one,
        an_incident("pd-OLD", started_at=before),
    ]
    assert [one.id for one in same_cause(now_one, others)] == ["pd-OLD"]
    assert list(same_cause(an_incident(cause=Cause.UNKNOWN), others)) == []
    helped = ended_by(others[-1], (an_action("promoted", "Key 1 is in force."), an_action("observed", "Would…")))
    found = history()
    told = replace(found, earlier=(Earlier(others[-1], helped),))
    assert "- 2026-05-29 14:02 UTC, `pd-OLD`: ended by rotating to a standby key." in report(told)
    assert "same cause" not in report(history())


def test_the_resolution_says_what_ended_it_with_the_figures_and_the_actions_in_order_of_time() -> None:
    rotated = an_action("promoted", "Rotated to arn:aws:secretsmanager:us-east-1:1:secret:spare.")
    restarted = an_action("restarted", "The service has restarted.", "restart")
    restarted = restarted.model_copy(update={"at": AT + timedelta(seconds=9)})
    measured = entry(20, "effect", "It helps (rotate). Error ratio: before 100%, after 0%.")
    text = report(history(measured, actions=(rotated, restarted))).partition("## Resolution")[2]
    assert text.startswith(
        "\n\nEnded by rotating to a standby key and restarting the service. Error ratio: before 100%, after 0%. "
        "The checks were good again and stayed so; closed at 15:09 UTC.\n"
    )
    assert "- 14:02:11 UTC: Rotated to spare.\n- 14:02:20 UTC: The service has restarted." in text


@pytest.mark.parametrize(
    ("cause", "over_upstream", "how"),
    [
        (Cause.PROVIDER_SLOW, False, "it passed without a change of ours"),
        (Cause.SERVICE_OVERLOADED, False, "ended by queueing what can wait"),
        (Cause.PROVIDER_OUTAGE, True, "resolved by people upstream"),
    ],
)
def test_what_was_twinminds_was_not_ended_by_us(cause: Cause, over_upstream: bool, how: str) -> None:
    upstream = LatestValue(at=AT, value="resolved") if over_upstream else None
    assert ended_by(an_incident(cause=cause, upstream=upstream), (an_action("verified", "…", "queue"),)) == how


def test_figures_are_seconds_from_the_alert_and_never_where_it_did_not_happen() -> None:
    found = {
        figure.metric: figure.seconds
        for figure in figures(
            history(
                entry(12, "diagnosis", "P1.", "diagnosis-1-1"),
                entry(40, "diagnosis", "P2.", "diagnosis-1-2"),
                entry(50, "message", "Public notice: posted.", "sent-statuspage-announced", **TO_THE_PUBLIC),
                announced_at=AT + timedelta(seconds=14),
                resolved_at=AT + timedelta(minutes=67),
            )
        )
    }
    assert found == {
        "SecondsToDiagnosis": 12,
        "SecondsToFirstMessage": 14,
        "SecondsToPublicNotice": 50,
        "SecondsToAcknowledge": None,
        "SecondsToMitigate": None,
        "SecondsToResolve": 4020,
    }


def test_what_was_only_said_asked_or_refused_is_no_act() -> None:
    asked = an_action("needs_approval", "Waits for a person.", "scale")
    assert acted_at(history(actions=(asked,))) is None
    done = an_action("verified", "Six replicas run.", "scale").model_copy(update={"at": AT + timedelta(minutes=3)})
    assert acted_at(history(actions=(asked, done))) == AT + timedelta(minutes=3)


def test_what_was_missing_becomes_an_action_item() -> None:
    metrics = a_finding("service_metrics", FindingStatus.FAILED, "…").model_copy(
        update={"measurements": {"queue_exposed": False}}
    )
    spare = a_finding("twinmind_standby_key", FindingStatus.DEGRADED, "…").model_copy(
        update={"measurements": {"standby": "none"}}
    )
    late = entry(600, "message", "Public notice: posted.", "sent-statuspage-announced", **TO_THE_PUBLIC)
    text = report(replace(history(late), findings=(metrics, spare)))
    assert "the service exposes no queue metrics" in text
    assert "stage two standby keys" in text
    assert "the public was told 10 minutes after the alert" in text


def test_the_page_has_the_picture_and_the_way_to_the_execution() -> None:
    told = history(announced_at=AT + timedelta(seconds=14), mitigated_at=AT + timedelta(minutes=7))
    page = html(report_document(told), note="")
    assert [name for name in ("detected", "told", "recovered", "closed") if f">{name}<" in page] == [
        "detected",
        "told",
        "recovered",
        "closed",
    ]
    assert "console.aws.amazon.com/states/home" in page
    assert 'http-equiv="refresh"' not in page

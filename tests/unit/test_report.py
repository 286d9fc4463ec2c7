"""The report by the runbook's template (S-117 to S-127)."""

from datetime import timedelta
from typing import Any

from responder.incident import Settled
from responder.telling.report import report
from responder.telling.story import Story
from responder.words import Cause, FindingStatus, TimelineEntry
from tests.support.telling import AT, a_finding, a_situation, an_action, an_incident


def entry(seconds: int, kind: str, text: str, key: str = "", **data: Any) -> TimelineEntry:
    return TimelineEntry(at=AT + timedelta(seconds=seconds), kind=kind, text=text, key=key or f"{kind}-1", data=data)


def story(*entries: TimelineEntry, actions: tuple[Settled, ...] = (), **changes: Any) -> Story:
    ended = {"resolved_at": AT + timedelta(minutes=67)} | changes
    findings = (
        a_finding("service_metrics", FindingStatus.UNKNOWN, "No metrics."),
        a_finding("twinmind_account", FindingStatus.FAILED, "Our key is answered with 401."),
    )
    return Story(a_situation(an_incident(**ended)), entries, actions, findings)


def test_every_part_of_the_template_is_there() -> None:
    text = report(story(entry(0, "alert_triggered", "Alert triggered.")))
    for line in (
        "# Incident Report: TwinMindHighErrorRate: 100% of transcriptions fail",
        "**Date:** 2026-06-01  ",
        "**Duration:** 14:02 - 15:09 UTC (1 hour 7 minutes)  ",
        "**Severity:** P1  ",
        "**Impact:** 118 of 120 calls a minute fail.",
        "## Summary",
        "## Timeline",
        "- 14:02 - Alert triggered.",
        "## Root Cause",
        "## Resolution",
        "## Action Items",
        "## Lessons Learned",
    ):
        assert line in text.splitlines()
    for sort in ("Preventive", "Monitoring", "Documentation"):
        assert f"- [ ] {sort}: " in text


def test_the_root_cause_comes_with_its_evidence_the_failed_one_first() -> None:
    text = report(story())
    assert "- twinmind_account: our key is answered with 401." in text
    assert text.index("`twinmind_account` (failed, 14:02 UTC") < text.index("`service_metrics` (unknown")


def test_an_incident_over_midnight_carries_its_dates() -> None:
    text = report(story(entry(90_000, "closed", "Closed."), resolved_at=AT + timedelta(hours=25)))
    assert "**Duration:** 14:02 - 2026-06-02 15:02 UTC (25 hours 0 minutes)" in text
    assert "- 15:02 (2026-06-02) - Closed." in text


def test_action_items_follow_from_what_happened() -> None:
    text = report(
        story(
            entry(900, "escalation", "Escalated to level 2."),
            entry(9, "message", "Slack did not take it.", "failed-slack-announced", channel="slack"),
            actions=(an_action("no_standby_key", "No standby key is staged."),),
            opened_at=AT + timedelta(minutes=9),
        )
    )
    assert "stage two standby keys in twinmind-standby-keys" in text
    assert "the alert reached us 9 minutes after it was raised" in text
    assert "these probes could not see: service_metrics" in text
    assert "these channels failed: slack" in text
    assert "nobody acknowledged in time" in text


def test_nothing_of_that_appears_where_it_did_not_happen() -> None:
    text = report(story(actions=(an_action("promoted", "The new key is in force."),)))
    assert "revoke the old key" in text
    for absent in ("stage two standby keys", "reached us", "channels failed", "nobody acknowledged"):
        assert absent not in text


def test_routine_deliveries_stay_out_of_the_timeline_and_failures_and_the_public_notice_stay_in() -> None:
    text = report(
        story(
            entry(9, "message", "Slack: thread opened.", "sent-slack-announced"),
            entry(9, "message", "Public notice: posted.", "sent-statuspage-announced"),
            entry(9, "message", "The note was refused.", "failed-upstream-announced"),
        )
    )
    assert "thread opened" not in text
    assert "Public notice: posted." in text
    assert "The note was refused." in text


def test_text_from_outside_is_no_markup() -> None:
    text = report(story(entry(0, "alert_triggered", "<script>x</script>\n# head [a](b) |"), title="*a* <b>\n## c"))
    assert "<script>" not in text
    assert "\n# head" not in text
    assert "## c" not in text.replace("# Incident Report: \\*a\\* &lt;b&gt; ## c", "")
    assert r"\[a\](b) \|" in text


def test_an_unknown_cause_is_left_to_people() -> None:
    text = report(story(cause=Cause.UNKNOWN, impact=None, user_impact=False))
    assert "For people to find." in text
    assert "find the root cause." in text
    assert "No finding shows that users were affected." in text

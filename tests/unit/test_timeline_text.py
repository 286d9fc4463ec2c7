"""The timeline's sentences about a round of probes: all at first, then only what changed."""

from responder.domain.finding import Finding, FindingStatus
from responder.domain.timeline_text import probe_run_text
from tests.support.webhooks import RECEIVED_AT


def findings(**statuses: str) -> list[Finding]:
    return [
        Finding(probe=probe, status=FindingStatus(status), summary="s", at=RECEIVED_AT)
        for probe, status in statuses.items()
    ]


def test_the_first_round_is_told_whole() -> None:
    text = probe_run_text(findings(b="failed", a="ok", c="unknown", d="ok"), [])
    assert text == "Checked 4 things: 2 ok, 1 failed and 1 unknown. Not ok: b failed, c unknown."


def test_what_is_not_configured_is_said_once_and_not_counted() -> None:
    looked = findings(a="ok", b="ok")
    unset = [one.model_copy(update={"measurements": {"configured": False}}) for one in looked if one.probe == "b"]
    seen = [looked[0], *unset]
    assert probe_run_text(seen, []) == "Checked 1 things: 1 ok. Not configured: b."
    assert probe_run_text(seen, seen) is None


def test_a_round_that_changes_nothing_is_not_told() -> None:
    assert probe_run_text(findings(a="ok", b="failed"), findings(b="failed", a="ok")) is None


def test_a_later_round_tells_what_changed() -> None:
    text = probe_run_text(findings(a="ok", b="ok"), findings(a="ok", b="failed"))
    assert text == "The checks changed: b failed → ok."

"""When a level is called: by the response time, or by the minutes that the runbook's override names."""

from datetime import UTC, datetime, timedelta

import pytest

from responder.config.runbook import with_override
from responder.domain.diagnosis import Severity
from responder.workflow import deadlines

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_named_level_falls_due_at_its_minutes_and_the_others_at_their_multiple() -> None:
    runbook = with_override("severities: {P2: {level_minutes: {2: 15}}}")
    found = [deadlines.escalation_due(runbook, Severity.P2, level, START) for level in (2, 3, 4)]
    assert found == [START + timedelta(minutes=15), START + timedelta(minutes=120), None]
    assert deadlines.level_now(runbook, Severity.P2, START, START + timedelta(minutes=16)) == 2
    assert deadlines.escalation_due(runbook, Severity.P1, 3, START) == START + timedelta(minutes=30)


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ("{2: 130}", r"one after the other, and do at minutes \[130, 120\]: set level_minutes"),
        ("{2: 30, 3: 30}", r"one after the other, and do at minutes \[30, 30\]"),
        ("{4: 300}", "names level 4, and there are levels 2 to 3"),
        ("{1: 5}", "names level 1, and there are levels 2 to 3"),
        ("{2: 0}", "greater than 0"),
    ],
)
def test_minutes_that_make_no_order_are_refused_with_the_reason(minutes: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        with_override(f"severities: {{P2: {{level_minutes: {minutes}}}}}")

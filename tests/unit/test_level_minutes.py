"""When a level is called: by the response time, or by the minutes that the runbook's override names."""

from datetime import timedelta

import pytest

from responder.config.runbook import with_override
from responder.domain.diagnosis import Severity
from responder.workflow import escalation
from tests.support.notifications import AT, an_incident


def test_a_named_level_falls_due_at_its_minutes_and_the_others_at_their_multiple() -> None:
    runbook = with_override("severities: {P2: {level_minutes: {2: 15}}}")
    p2, p1 = (an_incident(severity=severity) for severity in (Severity.P2, Severity.P1))
    found = [escalation.due_at(p2, runbook, level) for level in (2, 3, 4)]
    assert found == [AT + timedelta(minutes=15), AT + timedelta(minutes=120), None]
    assert escalation.level_now(p2, runbook, AT + timedelta(minutes=16)) == 2
    assert escalation.due_at(p1, runbook, 3) == AT + timedelta(minutes=30)


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

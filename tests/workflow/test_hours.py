"""Hours that pass at once: what they cost in states, and that what is waited for comes in its time (`make cost`)."""

from collections import Counter
from itertools import pairwise

from responder.config.runbook import packaged
from tests.support import hours

REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}
OUTAGE = {"twinmind": {"status_code": 503}, "twinmind_status": {"indicator": "major"}}


def test_a_revoked_key_with_its_ten_minutes_of_watching_enters_at_most_a_hundred_states() -> None:
    found = hours.play(REVOKED, 3_600)
    entered = [name for _, name in found.entered]
    assert entered[-1] == "IncidentClosed"
    assert found.entered[-1][0] >= packaged().monitoring.close_after_seconds
    assert len(entered) <= 100, Counter(entered)
    assert [one for one in found.promises if not one.is_kept] == []


def test_a_quiet_look_waits_its_interval_and_the_second_level_is_called_on_time() -> None:
    found = hours.play(OUTAGE, 16 * 60)
    steps = [(before[1], after[1], after[0] - before[0]) for before, after in pairwise(found.entered)]
    quiet = [waited for before, after, waited in steps if (before, after) == ("ClassifyIncident", "RunDiagnostics")]
    # To the second: the state's time-out counts from when it is entered.
    assert quiet
    assert all(30 <= waited < 31 for waited in quiet)
    assert [one.is_kept for one in found.promises if one.what == "level 2 called"] == [True]
    looks = sum(name == "RunDiagnostics" for _, name in found.entered)
    # Two states a look, about 40 for the beginning, a level and what goes with it.
    assert len(found.entered) <= 2 * looks + 40, Counter(name for _, name in found.entered)

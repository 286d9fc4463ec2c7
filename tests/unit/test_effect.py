"""Whether an action helped, told from the measurements before and after it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.diagnosis.effect import effect_of
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import ActionRecord
from tests.support.webhooks import RECEIVED_AT as START


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def looked(minutes: float, status: Any = FindingStatus.DEGRADED, **measured: Any) -> list[Finding]:
    return [
        Finding(
            probe="service_metrics",
            status=status,
            summary="Seen.",
            at=at(minutes),
            measurements={"window_seconds": 10.0} | measured,
        )
    ]


def done(minutes: float = 1, outcome: str = "verified", name: str = "quota") -> ActionRecord:
    return ActionRecord(name=name, mode="auto", plan="Limit.", outcome=outcome, at=at(minutes))


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({"rate_limited": 20}, {"rate_limited": 0}, "better"),
        ({"rate_limited": 20}, {"rate_limited": 16}, "unchanged"),
        ({"rate_limited": 20}, {"rate_limited": 40}, "worse"),
        ({"latency_p95_seconds": 7.0}, {"latency_p95_seconds": 2.0}, "better"),
        # Fewer are refused a minute because fewer are made: as many of them fail.
        ({"error_ratio": 0.9, "rate_limited": 20}, {"error_ratio": 0.9, "rate_limited": 0}, "unchanged"),
        ({"error_ratio": 0.89, "rate_limited": 80}, {"error_ratio": 1.0, "rate_limited": 20}, "worse"),
        ({"rate_limited": 80, "requests_per_minute": 600}, {"rate_limited": 8, "requests_per_minute": 60}, "unchanged"),
        ({"rate_limited": 80, "requests_per_minute": 600}, {"rate_limited": 0, "requests_per_minute": 60}, "better"),
        ({"error_ratio": 0.9, "auth_failed": 5}, {"error_ratio": 0.85, "auth_failed": 1}, "unchanged"),
        ({"error_ratio": 0.1, "rate_limited": 20}, {"error_ratio": 0.9, "rate_limited": 0}, "worse"),
        ({"auth_failed": 5}, {"auth_failed": 5}, "unchanged"),
        ({"auth_failed": 5, "cpu_ratio": 0.2}, {"auth_failed": 0, "cpu_ratio": 0.4}, "better"),
        ({"auth_failed": 5, "cpu_ratio": 0.2}, {"auth_failed": 5, "cpu_ratio": 0.4}, "worse"),
    ],
)
def test_it_says_whether_it_helped(before: dict[str, float], after: dict[str, float], change: str) -> None:
    effect = effect_of([done()], looked(0, **before), looked(2, **after))
    assert effect is not None
    assert effect.change == change
    assert "quota" in effect.text


def test_counts_are_compared_as_rates() -> None:
    effect = effect_of([done()], looked(0, rate_limited=10), looked(2, window_seconds=60.0, rate_limited=60))
    assert effect is not None
    assert effect.change == "unchanged"
    assert "before 60, after 60" in effect.text


@pytest.mark.parametrize(
    ("actions", "before", "after"),
    [
        ([], looked(0, error_ratio=1.0), looked(2, error_ratio=0.0)),
        # Set, but not seen in force: what changed since did not change because of it.
        ([done(outcome="not_verified")], looked(0, error_ratio=1.0), looked(2, error_ratio=0.0)),
        ([done(outcome="observed")], looked(0, error_ratio=1.0), looked(2, error_ratio=0.0)),
        ([done(3)], looked(0, error_ratio=1.0), looked(2, error_ratio=0.0)),
        ([done(-1)], looked(0, error_ratio=1.0), looked(2, error_ratio=0.0)),
        ([done()], [], looked(2, error_ratio=0.0)),
        ([done()], looked(0), looked(2)),
        ([done()], looked(0, error_ratio=0.0), looked(2, error_ratio=0.0)),
    ],
)
def test_nothing_is_said_of_what_nobody_did_or_saw(
    actions: list[ActionRecord], before: list[Finding], after: list[Finding]
) -> None:
    assert effect_of(actions, before, after) is None


@pytest.mark.parametrize("after", [0.1, 0.2, 0.4])
def test_where_nothing_was_wrong_no_figure_says_that_it_helped(after: float) -> None:
    before = looked(0, FindingStatus.OK, cpu_ratio=0.2)
    assert effect_of([done(name="contain")], before, looked(2, FindingStatus.OK, cpu_ratio=after)) is None


def test_what_went_wrong_with_the_action_is_said() -> None:
    before, after = looked(0, FindingStatus.OK, error_ratio=0.0), looked(2, FindingStatus.FAILED, error_ratio=1.0)
    effect = effect_of([done(name="contain")], before, after)
    assert effect is not None
    assert effect.text.startswith("It got worse (contain).")


@given(was=st.floats(0, 1000), now=st.floats(0, 1000))
def test_the_same_figures_the_other_way_round_never_both_help(was: float, now: float) -> None:
    def change(first: float, second: float) -> str | None:
        effect = effect_of([done()], looked(0, latency_p95_seconds=first), looked(2, latency_p95_seconds=second))
        return effect.change if effect else None

    assert {change(was, now), change(now, was)} != {"better"}
    assert not (now < was and change(was, now) == "worse")

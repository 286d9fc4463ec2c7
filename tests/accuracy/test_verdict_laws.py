"""What holds for every world of a kind, at any density, share, place and page; each through the real probes."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from local.accuracy.case import Case
from local.accuracy.score import actions_of
from local.accuracy.world import Looked, run_case
from responder.config.runbook import merge
from responder.diagnosis.evidence import Evidence
from responder.domain.diagnosis import Cause, Diagnosis, Severity, Verdict

Json = dict[str, Any]

# What is not asked of these worlds; a case must have a label.
LABEL = {"cause": "unknown", "scenario": "other", "severity": "P3"}
INSIDE = {"endpoints": {"service": {"shares_network_with_probes": True}}}
CLUSTER = {
    "endpoints": {
        "service": {"platform": {"kind": "kubernetes", "kubernetes": {"api_url": "http://sandbox.test/kubernetes"}}}
    }
}
PAGES: dict[str, Json] = {
    "green": {},
    "yellow": {"indicator": "minor", "components": [{"name": "API", "status": "degraded_performance"}]},
    "red": {"indicator": "major", "components": [{"name": "API", "status": "major_outage"}]},
    "away": {"reachable": False},
    "red for others": {
        "indicator": "critical",
        "components": [{"name": "API"}, {"name": "Mobile app", "status": "major_outage"}],
    },
}
ROOMY = {"twinmind": {"rate_limit": {"limit": 60000}}}


def look(world: Json, **more: Any) -> Looked:
    case = {"name": "a world", "why": "a law", "file": "", "varied": False, "expect": LABEL}
    return run_case(Case.model_validate(case | {"world": merge(ROOMY, world)} | more))


def load(requests_per_minute: int, **more: Any) -> Json:
    return {"load": {"requests_per_minute": requests_per_minute}, **more}


def acts(found: Diagnosis) -> frozenset[str]:
    return actions_of(found.cause) - {"rollback"}


def circumstances(seed: int) -> tuple[Json, Json]:
    """A page and a place by chance; and what a case needs for them."""
    chance = random.Random(seed)
    page, more = chance.choice(list(PAGES)), {"wait": chance.choice([120, 300, 600, 900])}
    override = merge(INSIDE if chance.random() < 0.3 else {}, CLUSTER if chance.random() < 0.3 else {})
    return {"twinmind_status": PAGES[page]}, more | {"override": override}


SHARES = {
    "SERVER_ERROR": {Cause.PROVIDER_OUTAGE},
    "AUTH_FAILED": {Cause.KEY_STALE},
    "RATE_LIMITED": {Cause.RATE_LIMITED},
    # Nothing says whose fault it is: ours, or theirs where their page says so.
    "unknown": {Cause.SERVICE_FAULT, Cause.PROVIDER_OUTAGE},
}


def _shares() -> Iterator[tuple[int, float, str, int]]:
    chance = random.Random(12)
    for number in range(28):
        rate, share = (
            chance.choice([6, 8, 10, 15, 20, 30, 45, 60, 90, 6000]),
            chance.choice([0.2, 0.25, 0.3, 0.34, 0.45]),
        )
        yield rate, share, list(SHARES)[number % len(SHARES)], number


@pytest.mark.parametrize(("rate", "share", "kind", "seed"), list(_shares()))
def test_a_share_that_fails_is_seen_at_any_density(rate: int, share: float, kind: str, seed: int) -> None:
    """At least two calls failed, one of five or more: it has a cause and a severity, be the service ever so quiet."""
    world, more = circumstances(seed)
    looked = look(merge(world, {"service": load(rate, errors={"ratio": share, "type": kind})}), **more)
    found = looked.diagnosis
    assert found.severity.rank >= Severity.P2.rank, found.reasons
    assert found.cause in SHARES[kind], found.reasons
    assert found.user_impact


@pytest.mark.parametrize("rate", [6, 12, 20, 40, 600])
def test_a_share_that_is_over_stays_over(rate: int) -> None:
    looked = look(
        {"service": load(rate, errors={"ratio": 1.0, "type": "SERVER_ERROR"})},
        wait=300,
        then={"service": {"errors": {"ratio": 0.0}}},
    )
    assert looked.diagnosis.severity in (Severity.P4, Severity.P3)
    assert not acts(looked.diagnosis)
    assert not looked.diagnosis.user_impact


@pytest.mark.parametrize("rate", [6, 12, 20, 60, 120, 6000])
def test_a_rare_failure_is_no_incident_at_any_density(rate: int) -> None:
    looked = look({"service": load(rate, errors={"ratio": 0.01, "type": "SERVER_ERROR"})}, wait=900)
    assert looked.diagnosis.cause is Cause.NO_FAULT
    assert looked.diagnosis.severity is Severity.P4


def _answers() -> Iterator[tuple[str, Json, int, int]]:
    chance, number = random.Random(7), 0
    for path in ("/me", "/health"):
        for answer in (401, 403, 404, 410, 429, 500, 502, 503, "page"):
            body = {"status": 502 if chance.random() < 0.5 else 403, "body": "<html><body>Denied</body></html>"}
            number += 1
            yield path, body if answer == "page" else {"status": answer}, chance.choice([60, 600, 6000]), number


@pytest.mark.parametrize(("path", "answer", "rate", "seed"), list(_answers()))
def test_one_endpoint_s_answer_is_not_twinmind_s_while_our_traffic_thrives(
    path: str, answer: Json, rate: int, seed: int
) -> None:
    world, more = circumstances(seed)
    failing = {"faults": {"twinmind": {"fail_next": [answer | {"times": 999, "path": path}]}}}
    found = look(merge(merge(world, failing), {"service": load(rate)}), **more).diagnosis
    assert found.cause in (Cause.UNKNOWN, Cause.NO_FAULT), found.reasons
    assert found.severity.rank <= Severity.P3.rank
    assert not found.user_impact


@pytest.mark.parametrize("rate", [0, 20, 600, 6000])
@pytest.mark.parametrize("refused", [(), ("standby-1",), ("standby-1", "standby-2")])
def test_what_never_leaves_us_is_refused_by_nobody(rate: int, refused: tuple[str, ...]) -> None:
    keys = {key: {"status": "revoked"} for key in ("primary", *refused)}
    looked = look({"service": load(rate, egress=False), "twinmind": {"keys": keys}}, wait=600)
    assert looked.diagnosis.verdict is not Verdict.THEIRS, looked.diagnosis.reasons
    if rate:
        assert looked.diagnosis.cause is Cause.NETWORK_FAILURE, looked.diagnosis.reasons
        assert looked.diagnosis.severity is Severity.P1


@pytest.mark.parametrize(
    ("share", "kind"), [(0.08, "AudioFormatError"), (0.3, "OAuth2Error"), (0.45, "DiarizationError")]
)
@pytest.mark.parametrize("rate", [30, 6000])
@pytest.mark.parametrize("deployed", [None, 600])
def test_users_own_input_is_no_fault_but_after_a_deployment(
    share: float, kind: str, rate: int, deployed: float | None
) -> None:
    world = {"service": load(rate, errors={"ratio": share, "type": kind})}
    found = look(world, wait=600, deployed=deployed, override=CLUSTER).diagnosis
    assert found.cause is (Cause.SERVICE_FAULT if deployed else Cause.NO_FAULT), found.reasons
    assert found.severity is Severity.P3
    assert not found.user_impact


@pytest.mark.parametrize("delay", [5500, 8000, 20000])
@pytest.mark.parametrize("rate", [12, 6000])
@pytest.mark.parametrize("page", ["green", "red for others", "red", "yellow"])
def test_a_slow_service_is_not_twinmind_s_while_it_is_quick_from_here(delay: int, rate: int, page: str) -> None:
    """Nothing of ours is short. Only degraded performance on TwinMind's own page makes it theirs."""
    world = {"service": load(rate, client_delay_ms=delay), "twinmind_status": PAGES[page]}
    found = look(world, wait=600).diagnosis
    assert found.cause is (Cause.PROVIDER_SLOW if page == "yellow" else Cause.UNKNOWN), found.reasons
    assert found.severity is (Severity.P2 if page.startswith("red") else Severity.P3)


@pytest.mark.parametrize("rate", [600, 6000])
@pytest.mark.parametrize("line", ["unresolvable", "refused", "blackhole", "expired_certificate"])
def test_our_own_dead_line_is_no_fault_of_a_service_that_thrives(rate: int, line: str) -> None:
    looked = look({"service": load(rate)}, line=line, control="down")
    evidence = Evidence(looked.findings, looked.runbook)
    assert evidence.only_we_are_cut_off
    assert looked.diagnosis.cause is Cause.NO_FAULT
    # Where another host answers, it can be TwinMind's line: that is said, and nothing is done.
    other = look({"service": load(rate)}, line=line, control="up").diagnosis
    assert other.cause in (Cause.UNKNOWN, Cause.PROVIDER_OUTAGE)
    assert not acts(other)

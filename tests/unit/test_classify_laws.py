"""What holds for every set of findings: order, determinism, severity, lost evidence, and the two careful causes."""

import json
from datetime import timedelta

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from responder.config.runbook import with_override
from responder.diagnosis.classify import classify, looks_well
from responder.diagnosis.evidence import ASIDE, ESSENTIAL, PAGE, PLATFORM, TOWARDS_TWINMIND, TWINMIND, Evidence
from responder.domain.diagnosis import Cause, Diagnosis, Verdict
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident
from tests.support.findings import AT, BAD, FORMS, blind, finding, world

# A deployment has what the alphabet speaks of: a cluster, and a host to compare with.
RUNBOOK = with_override(
    json.dumps(
        {
            "endpoints": {
                "control_url": "https://control.example",
                "service": {"platform": {"kind": "kubernetes", "kubernetes": {"api_url": "https://cluster.example"}}},
            }
        }
    )
)
INCIDENT = Incident(id="pd-Q1", source="pagerduty", upstream_id="Q1", started_at=AT)
ACTED_ON = {
    Cause.KEY_REJECTED,
    Cause.KEY_STALE,
    Cause.KEY_LEAKED,
    Cause.RATE_LIMITED,
    Cause.PROVIDER_SLOW,
    Cause.SERVICE_OVERLOADED,
}

Forms = dict[str, str]
_spelt = st.fixed_dictionaries({probe: st.sampled_from(["absent", "blind", *forms]) for probe, forms in FORMS.items()})
# Mostly well: uniform choice alone almost never meets the rules that need a world in order.
_sparse = st.dictionaries(st.sampled_from(list(FORMS)), st.integers(0, 50), max_size=4).map(
    lambda chosen: {
        probe: (["absent", "blind", *FORMS[probe]] * 10)[number % (len(FORMS[probe]) + 2)]
        for probe, number in chosen.items()
    }
)
worlds: st.SearchStrategy[Forms] = _spelt | _sparse
places = st.sampled_from(["function", "service_network"])


def judged(findings: list[Finding], earlier: list[Finding] | None = None) -> Diagnosis:
    return classify(findings, earlier=earlier or (), runbook=RUNBOOK, incident=INCIDENT)


@given(worlds, places, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_the_same_findings_give_the_same_words(
    forms: Forms, place: str, chance: object
) -> None:
    findings = world(place, **forms)
    shuffled = list(findings)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis types its Random as object
    assert judged(findings) == judged(shuffled) == judged(findings)


@given(worlds, places)
def test_only_status_and_measurements_decide(forms: Forms, place: str) -> None:
    findings = world(place, **forms)
    reworded = [one.model_copy(update={"summary": "TwinMind is down, key leaked, HTTP 401."}) for one in findings]
    found, same = judged(findings), judged(reworded)
    assert same.model_copy(update={"reasons": ()}) == found.model_copy(update={"reasons": ()})


@example(
    forms={
        "upstream_incident": "absent",
        "twinmind_health": "absent",
        "service_usage": "strained",
        "service_metrics": "erring",
    },
    before=None,
    place="function",
    lost=["service_metrics"],
    gone=False,
)
@settings(max_examples=1500, deadline=None)
@given(
    worlds,
    worlds | st.none(),
    places,
    st.lists(st.sampled_from(list(FORMS)), min_size=1, max_size=3, unique=True),
    st.booleans(),
)
@example(
    {"twinmind_account": "refused", "twinmind_health_with_key": "refused", "twinmind_standby_key": "refused"},
    None,
    "function",
    ["twinmind_standby_key"],
    False,
)
@example({"twinmind_account": "erring", "service_metrics": "limited"}, None, "function", ["twinmind_account"], True)
@example(
    {"service_twinmind_health": "unanswered", "service_metrics": "strained"},
    None,
    "function",
    ["service_twinmind_health"],
    True,
)
@example(
    {"service_twinmind_health": "limited", "service_metrics": "refused", "service_workload": "just deployed"},
    None,
    "function",
    ["service_workload"],
    False,
)
@example(
    {
        "twinmind_rate_limit": "used up",
        "twinmind_account": "ok",
        "service_metrics": "refused",
        "service_workload": "just deployed",
    },
    None,
    "function",
    ["service_metrics"],
    False,
)
@example(
    {
        "twinmind_account": "ok",
        "service_metrics": "refused",
        "twinmind_timing": "slow",
        "network": "control answers",
        "service_workload": "just deployed",
    },
    None,
    "function",
    ["service_workload"],
    False,
)
@example({"service_metrics": "near limit"}, None, "function", ["twinmind_rate_limit"], False)
@example(
    {
        "twinmind_account": "slow",
        "service_metrics": "slow",
        "network": "control answers",
        "service_workload": "none ready",
    },
    None,
    "function",
    ["service_workload"],
    False,
)
@example(
    {"twinmind_health": "timeout", "twinmind_account": "unsent", "twinmind_standby_key": "ok"}
    | dict.fromkeys(("twinmind_health_with_key", "twinmind_rate_limit", "network", "service_metrics"), "absent"),
    None,
    "service_network",
    ["twinmind_health"],
    True,
)
def test_losing_evidence_never_brings_an_action_about(
    forms: Forms, before: Forms | None, place: str, lost: list[str], gone: bool
) -> None:
    """Of this look or of the one before; `before` None: there was none."""
    loss = dict.fromkeys(lost, "absent" if gone else "blind")
    earlier = [] if before is None else world(place, **before)
    whole = judged(world(place, **forms), earlier)
    assume(whole.cause not in ACTED_ON)
    assert judged(world(place, **forms)).cause not in ACTED_ON
    assert (
        judged(world(place, **forms), [] if before is None else world(place, **(before | loss))).cause not in ACTED_ON
    )
    left = judged(world(place, **(forms | loss)), earlier)
    assert left.cause not in ACTED_ON, f"{whole.cause} became {left.cause} without {lost}"


@settings(max_examples=1500, deadline=None)
@given(worlds, places, st.data())
def test_more_bad_evidence_never_lowers_the_severity(forms: Forms, place: str, data: st.DataObject) -> None:
    well = [
        probe
        for probe in FORMS
        if probe not in ASIDE
        and (forms.get(probe, "ok") in ("absent", "blind") or FORMS[probe][forms.get(probe, "ok")][0] not in BAD)
    ]
    assume(well)
    probe = data.draw(st.sampled_from(well))
    before = Evidence(world(place, **forms), RUNBOOK)
    # To see nothing at all is bad evidence itself; and figures of a service that some calls succeed in are good ones.
    assume(not before.is_blind)
    assume(before.counted("transcriptions") or probe != "service_metrics")
    worse = data.draw(st.sampled_from([form for form, (status, _) in FORMS[probe].items() if status in BAD]))
    was, now = judged(world(place, **forms)), judged(world(place, **(forms | {probe: worse})))
    assert now.severity.rank >= was.severity.rank, f"{was.severity} became {now.severity} by {probe}: {worse}"


DEAD_LINES = ("cut off", "certificate untrusted", "certificate other_name")


@given(worlds, worlds, places)
@example(dict.fromkeys(TWINMIND, "timeout") | {"network": "cut off"}, {}, "function")
@example(dict.fromkeys(TWINMIND, "tls") | {"network": "certificate other_name"}, {}, "function")
@example(dict.fromkeys(TWINMIND, "tls") | {"network": "certificate other_name"}, {}, "service_network")
@example({"service_metrics": "near limit"}, {}, "function")
def test_no_fault_needs_two_looks_with_every_essential_probe_well(forms: Forms, before: Forms, place: str) -> None:
    findings, earlier = world(place, **forms), world(place, **before)
    found = judged(findings, earlier)
    if found.cause is Cause.NO_FAULT:
        statuses = {one.probe: one.status for one in findings}
        # Where TwinMind is silent to us alone, our line is dead, and nothing that looks along it counts.
        ours = {"service_health", "service_metrics"}
        is_dead = forms.get("network") in DEAD_LINES and Evidence(findings, RUNBOOK).is_silent_everywhere
        dead = set(TOWARDS_TWINMIND) if is_dead else set()
        assert all(
            statuses.get(probe) not in (None, FindingStatus.UNKNOWN, FindingStatus.FAILED)
            for probe in (ours if dead else ESSENTIAL)
        )
        bad = {probe for probe, status in statuses.items() if status in BAD} - set(ASIDE)
        header = forms.get("twinmind_rate_limit", "ok")
        refuted = {"service_metrics"} if (forms.get("service_metrics"), header) == ("near limit", "ok") else set()
        assert bad <= {PAGE, *PLATFORM, *refuted, *dead}, "nothing else can be bad and still no trouble"
        assert not found.user_impact
        assert found.confidence <= 0.9
        assert looks_well(findings, RUNBOOK)
        assert looks_well(earlier, RUNBOOK)


@given(worlds)
def test_missing_evidence_never_makes_no_fault_of_trouble(forms: Forms) -> None:
    whole = judged(world(**forms), world())
    assume(whole.cause is not Cause.NO_FAULT)
    trouble = [probe for probe, one in {f.probe: f for f in world(**forms)}.items() if one.status in BAD]
    for lost in set(trouble) & set(ESSENTIAL):
        assert judged(world(**(forms | {lost: "absent"})), world()).cause is not Cause.NO_FAULT


@given(worlds, places)
def test_every_diagnosis_says_why(forms: Forms, place: str) -> None:
    found = judged(world(place, **forms))
    assert found.reasons
    assert len(set(found.reasons)) == len(found.reasons)
    assert all(reason.endswith(".") for reason in found.reasons)
    assert found.user_impact == (found.impact is not None)
    assert Diagnosis.load(json.loads(json.dumps(found.dump()))) == found
    if found.cause is Cause.UNKNOWN:
        assert found.confidence < 0.5


@given(worlds, places)
def test_a_broken_network_is_only_told_by_who_is_in_it(forms: Forms, place: str) -> None:
    unheard = dict.fromkeys(("service_health", "service_twinmind_health", "service_metrics"), "absent")
    found = judged(world("function", **(forms | unheard)))
    assert found.verdict is not Verdict.NETWORK


_scalars = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
_anything = st.dictionaries(
    st.sampled_from(sorted({name for forms in FORMS.values() for _, found in forms.values() for name in found})),
    _scalars | st.lists(_scalars, max_size=2),
    max_size=4,
)


@given(
    st.lists(
        st.tuples(st.sampled_from([*FORMS, "of tomorrow"]), st.sampled_from(FindingStatus), _anything), max_size=12
    )
)
@example([("service_workload", FindingStatus.OK, {"rollout_age_seconds": 63903211201.0})])
@example([("service_metrics", FindingStatus.OK, {"process_age_seconds": 1e300})])
def test_any_measurements_at_all_are_classified(
    spelt: list[tuple[str, FindingStatus, dict[str, object]]],
) -> None:
    findings = [
        Finding(probe=probe, status=status, summary="So.", measurements=measured, at=AT)
        for probe, status, measured in spelt
    ]
    assert judged(findings) == judged(findings[::-1])


def test_of_two_findings_of_one_probe_the_later_counts() -> None:
    old = finding("twinmind_account", "refused")
    later = finding("twinmind_account", "ok").model_copy(update={"at": AT + timedelta(seconds=1)})
    others = world(twinmind_account="absent")
    assert judged([later, *others, old], [old, later, *others]).cause is Cause.NO_FAULT
    assert judged([blind("twinmind_account"), *others]).cause is Cause.UNKNOWN

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import httpx
import pytest

import responder.actions
from responder.actions import ACTIONS, PLAYBOOKS
from responder.actions.gate import Permission, allowed, may_give_back, may_undo, spend, take
from responder.approvals.request import APPROVAL_LIFE, ask_for
from responder.aws.clients import client
from responder.clients.http import Http
from responder.config.actions import Budgets, Modes
from responder.config.runbook import packaged
from responder.context import Desk
from responder.contracts.action import Plan
from responder.domain.alert import UpstreamStatus
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.human_task import Answer, Decision, answered
from responder.domain.incident import Stamped
from responder.domain.mode import Mode
from tests.support.tables import RUNBOOK_PARAMETER, STOP_PARAMETER, set_parameter
from tests.unit.actions.conftest import OpenDesk

RESOLVED = Stamped(at=datetime(2026, 6, 2, tzinfo=UTC), value=UpstreamStatus.RESOLVED.value)


def set_budget(**budget: int) -> None:
    set_parameter(RUNBOOK_PARAMETER, json.dumps({"budgets": {"rotate": budget}}))


def test_each_action_has_a_mode_and_a_budget() -> None:
    assert set(ACTIONS) | {"public_notice"} == set(Modes.model_fields)
    assert set(ACTIONS) == set(Budgets.model_fields)


def test_every_file_that_can_be_run_is_registered() -> None:
    folder = Path(responder.actions.__path__[0])
    names = [".".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py")]
    runnable = {name for name in names if hasattr(import_module(f"responder.actions.{name}"), "DOABLE")}
    assert runnable == {action.module for action in ACTIONS.values() if action.is_doable}


def test_a_playbook_calls_for_nothing_that_the_gate_would_refuse_for_its_cause() -> None:
    for cause, actions in PLAYBOOKS.items():
        assert all(cause in ACTIONS[action].causes for action in actions)
    called_for = {(action, cause) for cause, actions in PLAYBOOKS.items() for action in actions}
    assert called_for == {(name, cause) for name, action in ACTIONS.items() for cause in action.causes}


def test_a_clear_diagnosis_in_auto_is_granted(desk_of: OpenDesk) -> None:
    permission = allowed(desk_of(), "rotate")
    assert (permission.granted, permission.mode) == (True, Mode.AUTO)


@pytest.mark.parametrize("cause", [None, *Cause])
def test_only_the_listed_causes_pass(desk_of: OpenDesk, cause: Cause | None) -> None:
    permission = allowed(desk_of(cause=cause), "rotate")
    assert permission.granted is (cause is Cause.KEY_REJECTED)
    assert not permission.observes


def test_nothing_is_done_or_undone_once_it_is_resolved_upstream(desk_of: OpenDesk) -> None:
    desk = desk_of(upstream=RESOLVED)
    assert not allowed(desk, "rotate").granted
    assert not may_undo(desk, "rotate").granted
    assert may_give_back(desk, "queue").granted


@pytest.mark.parametrize("switch", ["stop", "", "RUN!", "false"])
def test_anything_but_run_is_a_thrown_switch(desk_of: OpenDesk, switch: str) -> None:
    desk = desk_of()
    set_parameter(STOP_PARAMETER, switch or " ")
    assert allowed(desk, "rotate").observes
    assert may_undo(desk, "rotate").observes
    assert may_give_back(desk, "queue").observes


def test_a_switch_that_cannot_be_read_counts_as_thrown(desk_of: OpenDesk) -> None:
    desk = desk_of()
    client("ssm").delete_parameter(Name=STOP_PARAMETER)
    assert allowed(desk, "rotate").observes


@pytest.mark.parametrize(
    ("pinned", "in_force", "expected"),
    [
        ("auto", "observe", Mode.OBSERVE),
        ("observe", "auto", Mode.OBSERVE),
        ("approve", "auto", Mode.APPROVE),
        ("auto", "approve", Mode.APPROVE),
        ("approve", "observe", Mode.OBSERVE),
        ("auto", "auto", Mode.AUTO),
    ],
)
def test_the_lower_of_the_pinned_mode_and_the_one_in_force_counts(
    desk_of: OpenDesk, pinned: str, in_force: str, expected: Mode
) -> None:
    runbook = packaged()
    modes = runbook.modes.model_copy(update={"rotate": Mode(pinned)})
    desk = desk_of()
    desk.table.pin_runbook("pd-1", runbook.model_copy(update={"modes": modes}))
    set_parameter(RUNBOOK_PARAMETER, f'{{"modes": {{"rotate": "{in_force}"}}}}')
    permission = allowed(desk_of(), "rotate")
    assert permission.mode is expected
    assert permission.granted is (expected is Mode.AUTO)
    if expected is Mode.APPROVE:
        assert permission.needs_approval


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("modes: {rotate: perhaps}", "modes.rotate"),
        ("thresholds: {latency_p95_seconds: .inf}", "thresholds.latency_p95_seconds"),
        ("updates: {every_minutes: {P1: 99999999999}}", "updates.every_minutes.P1"),
        ("budgets: {rotate: {per_day: 1000000000}}", "budgets.rotate.per_day"),
        ("endpoints: {twinmind: {account_path: me}}", "endpoints.twinmind.account_path"),
        ("endpoints: {twinmind: {auth_header: 'x: y'}}", "endpoints.twinmind.auth_header"),
        ("vendors: {slack: {api_url: 'https://me:word@slack.com/api'}}", "vendors.slack.api_url"),
        ("[" * 4000, "the override is"),
        ("watch: {poll_seconds: [[0, 0]]}", "watch.poll_seconds"),
    ],
)
def test_a_bad_override_means_observe_and_is_named(desk_of: OpenDesk, override: str, named: str) -> None:
    desk = desk_of()
    set_parameter(RUNBOOK_PARAMETER, override)
    permission = allowed(desk, "rotate")
    assert permission.observes
    assert named in permission.why


def test_the_same_use_counts_once_and_is_not_refused_by_itself(desk_of: OpenDesk) -> None:
    desk = desk_of()
    assert spend(desk, "rotate", "a")
    assert spend(desk, "rotate", "a")
    assert allowed(desk, "rotate", use="a").granted
    assert not allowed(desk, "rotate", use="b").granted


def test_a_second_use_in_one_incident_is_over_budget(desk_of: OpenDesk) -> None:
    set_budget(per_incident=1, per_day=9, cooldown_minutes=0)
    desk = desk_of()
    spend(desk, "rotate", "a")
    assert "1 for this incident" in allowed(desk, "rotate", use="b").why
    assert not spend(desk, "rotate", "b")
    assert allowed(desk_of("pd-2"), "rotate", use="c").granted


def test_the_day_is_counted_over_all_incidents(desk_of: OpenDesk) -> None:
    set_budget(per_incident=9, per_day=2, cooldown_minutes=0)
    assert spend(desk_of("pd-1"), "rotate", "a")
    assert spend(desk_of("pd-2"), "rotate", "b")
    assert "2 within 24 hours" in allowed(desk_of("pd-3"), "rotate", use="c").why
    assert not spend(desk_of("pd-3"), "rotate", "c")


def test_the_cooldown_is_the_integrations(desk_of: OpenDesk) -> None:
    spend(desk_of("pd-1"), "rotate", "a")
    assert "30 minutes" in allowed(desk_of("pd-2"), "rotate", use="b").why
    assert may_undo(desk_of("pd-1"), "rotate").granted


PLAN = Plan(action="scale", sentence="Two more.", effect="More.", undo="Fewer.", changes={"min": {"before": 2}})


def overloaded(desk_of: OpenDesk) -> Desk:
    """In a cause whose action is on approval."""
    return desk_of(cause=Cause.SERVICE_OVERLOADED)


def decided(desk: Desk, decision: Decision, *, ago: timedelta = timedelta()) -> None:
    ask_for(desk, PLAN)
    answer = Answer(name="approve-scale", plan_hash=PLAN.hash, decision=decision, by="U1", at=now(), reason="no need")
    asks = tuple(
        ask.model_copy(update={"decided_at": now() - ago})
        for ask in answered(desk.table.get(desk.incident.id).incident.asks, answer)
    )
    desk.table.amend(desk.incident.id, asks=asks)


def scaling(desk: Desk, plan: Plan | None = PLAN) -> Permission:
    return allowed(desk, "scale", plan=plan)


def test_what_needs_approval_waits_for_exactly_its_plan(desk_of: OpenDesk) -> None:
    desk = overloaded(desk_of)
    assert scaling(desk).needs_approval
    ask_for(desk, PLAN)
    assert scaling(desk).needs_approval
    decided(desk, "approved")
    assert (scaling(desk).granted, scaling(desk).mode) == (True, Mode.APPROVE)
    assert "U1" in scaling(desk).why
    other = PLAN.model_copy(update={"changes": {"min": {"before": 3}}})
    assert scaling(desk, other).needs_approval
    assert scaling(desk, None).needs_approval


def test_what_was_declined_or_not_answered_is_not_done(desk_of: OpenDesk) -> None:
    desk = overloaded(desk_of)
    decided(desk, "declined")
    assert scaling(desk).outcome == "declined"
    assert "no need" in scaling(desk).why
    # The same plan is not asked for a second time.
    assert ask_for(desk, PLAN).decision == "declined"
    later = desk_of("pd-2", cause=Cause.SERVICE_OVERLOADED)
    ask = ask_for(later, PLAN)
    late = ask.model_copy(update={"expires_at": now()})
    later.table.amend("pd-2", asks=(late,))
    assert scaling(later).outcome == "expired"


@pytest.mark.parametrize("decision", ["declined", "expired"])
def test_after_a_reopening_the_same_plan_is_asked_about_anew(desk_of: OpenDesk, decision: Decision) -> None:
    desk = overloaded(desk_of)
    decided(desk, decision)
    desk.table.amend(desk.incident.id, reopened_at=now() - timedelta(hours=1))
    assert scaling(desk).outcome == decision
    desk.table.amend(desk.incident.id, reopened_at=now() + timedelta(seconds=1))
    assert scaling(desk).needs_approval
    assert ask_for(desk, PLAN).decision is None


def test_an_approval_grows_old_and_is_asked_for_again(desk_of: OpenDesk) -> None:
    desk = overloaded(desk_of)
    decided(desk, "approved", ago=APPROVAL_LIFE)
    assert scaling(desk).needs_approval
    assert ask_for(desk, PLAN).decision is None


def test_an_approval_is_good_for_one_act_and_its_repeats(desk_of: OpenDesk) -> None:
    desk = overloaded(desk_of)
    decided(desk, "approved")
    first = allowed(desk, "scale", use="a", plan=PLAN)
    assert take(desk, "scale", first, use="a", plan=PLAN)
    assert allowed(desk, "scale", use="a", plan=PLAN).granted
    assert take(desk, "scale", first, use="a", plan=PLAN)
    # The trouble is back, and the very same plan: that is asked again.
    assert allowed(desk, "scale", use="b", plan=PLAN).needs_approval
    assert not take(desk, "scale", first, use="b", plan=PLAN)
    assert ask_for(desk, PLAN, "a").decision == "approved"
    assert ask_for(desk, PLAN, "b").decision is None


def test_an_approval_in_one_incident_opens_nothing_in_another(desk_of: OpenDesk) -> None:
    decided(overloaded(desk_of), "approved")
    assert scaling(desk_of("pd-2", cause=Cause.SERVICE_OVERLOADED)).needs_approval


def test_an_approval_opens_neither_the_switch_nor_the_budget(desk_of: OpenDesk) -> None:
    desk = overloaded(desk_of)
    decided(desk, "approved")
    spend(desk, "scale", "a")
    spend(desk, "scale", "b")
    assert "budget" in scaling(desk).why
    set_parameter(STOP_PARAMETER, "stop")
    assert scaling(desk).observes


@pytest.mark.parametrize("confidence", [None, 0.0, 0.59])
def test_an_unsure_diagnosis_turns_auto_into_approve(desk_of: OpenDesk, confidence: float | None) -> None:
    permission = allowed(desk_of(confidence=confidence), "rotate")
    assert permission.needs_approval
    assert "sure" in permission.why
    assert allowed(desk_of(confidence=0.6), "rotate").granted


def pager(desk: Desk, status: str | None) -> Desk:
    """PagerDuty that says `status`, or that does not answer."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Token token=pd-key-0001"
        return httpx.Response(200 if status else 503, json={"incident": {"status": status}})

    client("secretsmanager").create_secret(
        Name=desk.settings.vendor_credentials_secret, SecretString='{"pagerduty": "pd-key-0001"}'
    )
    return dataclasses.replace(desk, http=Http(httpx.MockTransport(answer)))


@pytest.mark.parametrize(
    ("status", "granted"), [("triggered", True), ("acknowledged", True), ("resolved", False), (None, True)]
)
def test_the_alert_is_read_again_and_silence_is_no_news(desk_of: OpenDesk, status: str | None, granted: bool) -> None:
    permission = allowed(pager(desk_of(), status), "rotate")
    assert permission.granted is granted
    assert granted or "resolved upstream" in permission.why

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import httpx
import pytest

import responder.actions
from responder.actions import ACTIONS, PLAYBOOKS
from responder.actions.budgets import spend
from responder.actions.gate import Permission, allowed, may_revert, may_undo, take
from responder.approvals.request import APPROVAL_LIFE, request_approval
from responder.aws.clients import client
from responder.clients.http import Http
from responder.config.actions import Budgets, Modes
from responder.config.base import Mode
from responder.config.runbook import packaged
from responder.context import IncidentContext
from responder.contracts.action import Plan
from responder.domain.alert import UpstreamStatus
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.human_task import Decision, TaskDecision, with_decision
from responder.domain.incident import LatestValue
from tests.support.tables import RUNBOOK_PARAMETER, STOP_PARAMETER, set_parameter
from tests.unit.actions.conftest import OpenContext

RESOLVED = LatestValue(at=datetime(2026, 6, 2, tzinfo=UTC), value=UpstreamStatus.RESOLVED.value)


def set_budget(**budget: int) -> None:
    set_parameter(RUNBOOK_PARAMETER, json.dumps({"budgets": {"rotate": budget}}))


def test_each_action_has_a_mode_and_a_budget() -> None:
    assert set(ACTIONS) | {"public_notice"} == set(Modes.model_fields)
    assert set(ACTIONS) == set(Budgets.model_fields)
    assert {name: getattr(packaged().modes, name) for name in ACTIONS} == {
        "rotate": Mode.AUTO,
        "contain": Mode.APPROVE,
        "restart": Mode.AUTO,
        "scale": Mode.APPROVE,
        "quota": Mode.AUTO,
        "queue": Mode.AUTO,
        "model": Mode.APPROVE,
        "rollback": Mode.APPROVE,
    }


def test_every_file_that_can_be_run_is_registered() -> None:
    folder = Path(responder.actions.__path__[0])
    names = [".".join(path.relative_to(folder).with_suffix("").parts) for path in folder.rglob("*.py")]
    runnable = {name for name in names if hasattr(import_module(f"responder.actions.{name}"), "ACTION")}
    assert runnable == {action.module for action in ACTIONS.values() if action.is_runnable}


def test_the_order_of_the_actions_makes_the_playbooks() -> None:
    assert PLAYBOOKS == {
        Cause.RATE_LIMITED: ("quota", "queue"),
        Cause.PROVIDER_SLOW: ("queue", "model"),
        Cause.SERVICE_OVERLOADED: ("scale", "quota", "queue"),
        Cause.SERVICE_FAULT: ("rollback",),
        Cause.KEY_LEAKED: ("contain", "restart"),
        Cause.KEY_REJECTED: ("rotate", "restart"),
        Cause.KEY_STALE: ("restart",),
        Cause.PROVIDER_OUTAGE: (),
        Cause.NO_FAULT: (),
    }


def test_a_playbook_calls_for_nothing_that_the_gate_would_refuse_for_its_cause() -> None:
    for cause, actions in PLAYBOOKS.items():
        assert all(cause in ACTIONS[action].causes for action in actions)
    called_for = {(action, cause) for cause, actions in PLAYBOOKS.items() for action in actions}
    assert called_for == {(name, cause) for name, action in ACTIONS.items() for cause in action.causes}


def test_a_clear_diagnosis_in_auto_is_granted(context_of: OpenContext) -> None:
    permission = allowed(context_of(), "rotate")
    assert (permission.granted, permission.mode) == (True, Mode.AUTO)


@pytest.mark.parametrize("cause", [None, *Cause])
def test_only_the_listed_causes_pass(context_of: OpenContext, cause: Cause | None) -> None:
    permission = allowed(context_of(cause=cause), "rotate")
    assert permission.granted is (cause is Cause.KEY_REJECTED)
    assert not permission.observes


def test_nothing_is_done_or_undone_once_it_is_resolved_upstream(context_of: OpenContext) -> None:
    ctx = context_of(upstream=RESOLVED)
    assert not allowed(ctx, "rotate").granted
    assert not may_undo(ctx, "rotate").granted
    assert may_revert(ctx, "queue").granted


@pytest.mark.parametrize("switch", ["stop", "", "RUN!", "false"])
def test_anything_but_run_is_a_thrown_switch(context_of: OpenContext, switch: str) -> None:
    ctx = context_of()
    set_parameter(STOP_PARAMETER, switch or " ")
    assert allowed(ctx, "rotate").observes
    assert may_undo(ctx, "rotate").observes
    assert may_revert(ctx, "queue").observes


def test_a_switch_that_cannot_be_read_counts_as_thrown(context_of: OpenContext) -> None:
    ctx = context_of()
    client("ssm").delete_parameter(Name=STOP_PARAMETER)
    assert allowed(ctx, "rotate").observes


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
    context_of: OpenContext, pinned: str, in_force: str, expected: Mode
) -> None:
    runbook = packaged()
    modes = runbook.modes.model_copy(update={"rotate": Mode(pinned)})
    ctx = context_of()
    ctx.table.pin_runbook("pd-1", runbook.model_copy(update={"modes": modes}))
    set_parameter(RUNBOOK_PARAMETER, f'{{"modes": {{"rotate": "{in_force}"}}}}')
    permission = allowed(context_of(), "rotate")
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
        ("vendors: {slakc: {channel: C1}}", "vendors.slakc: no such setting; there are jira"),
        ("vendors: {slack: {chanel: C1}}", "vendors.slack.chanel"),
        ("vendors: [slack]", "vendors"),
        ("[" * 4000, "the override is"),
        ("monitoring: {poll_seconds: [[0, 0]]}", "monitoring.poll_seconds"),
    ],
)
def test_a_bad_override_means_observe_and_is_named(context_of: OpenContext, override: str, named: str) -> None:
    ctx = context_of()
    set_parameter(RUNBOOK_PARAMETER, override)
    permission = allowed(ctx, "rotate")
    assert permission.observes
    assert named in permission.why


def test_the_same_use_counts_once_and_is_not_refused_by_itself(context_of: OpenContext) -> None:
    ctx = context_of()
    assert spend(ctx, "rotate", "a")
    assert spend(ctx, "rotate", "a")
    assert allowed(ctx, "rotate", use="a").granted
    assert not allowed(ctx, "rotate", use="b").granted


def test_a_second_use_in_one_incident_is_over_budget(context_of: OpenContext) -> None:
    set_budget(per_incident=1, per_day=9, cooldown_minutes=0)
    ctx = context_of()
    spend(ctx, "rotate", "a")
    assert "1 for this incident" in allowed(ctx, "rotate", use="b").why
    assert not spend(ctx, "rotate", "b")
    assert allowed(context_of("pd-2"), "rotate", use="c").granted


def test_the_day_is_counted_over_all_incidents(context_of: OpenContext) -> None:
    set_budget(per_incident=9, per_day=2, cooldown_minutes=0)
    assert spend(context_of("pd-1"), "rotate", "a")
    assert spend(context_of("pd-2"), "rotate", "b")
    assert "2 within 24 hours" in allowed(context_of("pd-3"), "rotate", use="c").why
    assert not spend(context_of("pd-3"), "rotate", "c")


def test_the_cooldown_is_the_integrations(context_of: OpenContext) -> None:
    spend(context_of("pd-1"), "rotate", "a")
    assert "30 minutes" in allowed(context_of("pd-2"), "rotate", use="b").why
    assert may_undo(context_of("pd-1"), "rotate").granted


PLAN = Plan(action="scale", sentence="Two more.", effect="More.", undo="Fewer.", changes={"min": {"before": 2}})


def overloaded(context_of: OpenContext) -> IncidentContext:
    """In a cause whose action is on approval."""
    return context_of(cause=Cause.SERVICE_OVERLOADED)


def decided(ctx: IncidentContext, decision: Decision, *, ago: timedelta = timedelta()) -> None:
    request_approval(ctx, PLAN)
    answer = TaskDecision(
        name="approve-scale", plan_hash=PLAN.hash, decision=decision, by="U1", at=now(), reason="no need"
    )
    human_tasks = tuple(
        task.model_copy(update={"decided_at": now() - ago})
        for task in with_decision(ctx.table.get(ctx.incident.id).incident.human_tasks, answer)
    )
    ctx.table.amend(ctx.incident.id, human_tasks=human_tasks)


def scaling(ctx: IncidentContext, plan: Plan | None = PLAN) -> Permission:
    return allowed(ctx, "scale", plan=plan)


def test_what_needs_approval_waits_for_exactly_its_plan(context_of: OpenContext) -> None:
    ctx = overloaded(context_of)
    assert scaling(ctx).needs_approval
    request_approval(ctx, PLAN)
    assert scaling(ctx).needs_approval
    decided(ctx, "approved")
    assert (scaling(ctx).granted, scaling(ctx).mode) == (True, Mode.APPROVE)
    assert "U1" in scaling(ctx).why
    other = PLAN.model_copy(update={"changes": {"min": {"before": 3}}})
    assert scaling(ctx, other).needs_approval
    assert scaling(ctx, None).needs_approval


def test_what_was_declined_or_not_answered_is_not_done(context_of: OpenContext) -> None:
    ctx = overloaded(context_of)
    decided(ctx, "declined")
    assert scaling(ctx).outcome == "declined"
    assert "no need" in scaling(ctx).why
    # The same plan is not asked for a second time.
    assert request_approval(ctx, PLAN).decision == "declined"
    later = context_of("pd-2", cause=Cause.SERVICE_OVERLOADED)
    task = request_approval(later, PLAN)
    late = task.model_copy(update={"expires_at": now()})
    later.table.amend("pd-2", human_tasks=(late,))
    assert scaling(later).outcome == "expired"


@pytest.mark.parametrize("decision", ["declined", "expired"])
def test_after_a_reopening_the_same_plan_is_asked_about_anew(context_of: OpenContext, decision: Decision) -> None:
    ctx = overloaded(context_of)
    decided(ctx, decision)
    ctx.table.amend(ctx.incident.id, reopened_at=now() - timedelta(hours=1))
    assert scaling(ctx).outcome == decision
    ctx.table.amend(ctx.incident.id, reopened_at=now() + timedelta(seconds=1))
    assert scaling(ctx).needs_approval
    assert request_approval(ctx, PLAN).decision is None


def test_an_approval_grows_old_and_is_asked_for_again(context_of: OpenContext) -> None:
    ctx = overloaded(context_of)
    decided(ctx, "approved", ago=APPROVAL_LIFE)
    assert scaling(ctx).needs_approval
    assert request_approval(ctx, PLAN).decision is None


def test_an_approval_is_good_for_one_act_and_its_repeats(context_of: OpenContext) -> None:
    ctx = overloaded(context_of)
    decided(ctx, "approved")
    first = allowed(ctx, "scale", use="a", plan=PLAN)
    assert take(ctx, "scale", first, use="a", plan=PLAN)
    assert allowed(ctx, "scale", use="a", plan=PLAN).granted
    assert take(ctx, "scale", first, use="a", plan=PLAN)
    # The trouble is back, and the very same plan: that is asked again.
    assert allowed(ctx, "scale", use="b", plan=PLAN).needs_approval
    assert not take(ctx, "scale", first, use="b", plan=PLAN)
    assert request_approval(ctx, PLAN, "a").decision == "approved"
    assert request_approval(ctx, PLAN, "b").decision is None


def test_an_approval_in_one_incident_opens_nothing_in_another(context_of: OpenContext) -> None:
    decided(overloaded(context_of), "approved")
    assert scaling(context_of("pd-2", cause=Cause.SERVICE_OVERLOADED)).needs_approval


def test_an_approval_opens_neither_the_switch_nor_the_budget(context_of: OpenContext) -> None:
    ctx = overloaded(context_of)
    decided(ctx, "approved")
    spend(ctx, "scale", "a")
    spend(ctx, "scale", "b")
    assert "budget" in scaling(ctx).why
    set_parameter(STOP_PARAMETER, "stop")
    assert scaling(ctx).observes


@pytest.mark.parametrize("confidence", [None, 0.0, 0.59])
def test_an_unsure_diagnosis_turns_auto_into_approve(context_of: OpenContext, confidence: float | None) -> None:
    permission = allowed(context_of(confidence=confidence), "rotate")
    assert permission.needs_approval
    assert "sure" in permission.why
    assert allowed(context_of(confidence=0.6), "rotate").granted


def pager(ctx: IncidentContext, status: str | None) -> IncidentContext:
    """PagerDuty that says `status`, or that does not answer."""

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == "Token token=pd-key-0001"
        return httpx.Response(200 if status else 503, json={"incident": {"status": status}})

    client("secretsmanager").create_secret(
        Name=ctx.settings.vendor_credentials_secret, SecretString='{"pagerduty": "pd-key-0001"}'
    )
    return dataclasses.replace(ctx, http=Http(httpx.MockTransport(answer)))


@pytest.mark.parametrize(
    ("status", "granted"), [("triggered", True), ("acknowledged", True), ("resolved", False), (None, True)]
)
def test_the_alert_is_read_again_and_silence_is_no_news(
    context_of: OpenContext, status: str | None, granted: bool
) -> None:
    permission = allowed(pager(context_of(), status), "rotate")
    assert permission.granted is granted
    assert granted or "resolved upstream" in permission.why

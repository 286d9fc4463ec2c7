"""Checks the override, the scope, the modes and the stop switch."""

from checks.check import Check, Result, ok, unknown, wrong
from responder.aws.out_of_scope_table import OutOfScope
from responder.aws.parameters import is_stopped, readable, runbook_in_force
from responder.config.base import Mode
from responder.context import IncidentContext


def override(ctx: IncidentContext) -> Result:
    problem = runbook_in_force(ctx.settings.runbook_parameter).problem
    if problem:
        return wrong(problem, "correct that line: responder configure, or docs/tasks/change-settings.md")
    return ok("valid")


def scope(ctx: IncidentContext) -> Result:
    """Lists the senders whose alerts were dropped: only people know whether one of them is ours."""
    dropped = OutOfScope(ctx.settings.table_name).listed()
    if not dropped:
        return ok("everything is taken" if ctx.runbook.scope == "any" else "nothing was dropped in the last 30 days")
    seen = [f"{one.deliveries} of {one.source} {one.sender}, the last at {one.last_at}" for one in dropped[:5]]
    return unknown(f"dropped as out of scope: {'; '.join(seen)}", "if one of them is yours, add it to scope")


def stop_switch(ctx: IncidentContext) -> Result:
    if readable(ctx.settings.stop_parameter) is None:
        return unknown("it cannot be read, so every action only observes", "run the doctor again")
    if is_stopped(ctx.settings.stop_parameter):
        return wrong("stopped, so every action only observes", "responder incidents resume, once you mean it")
    return ok("actions may act")


def modes(ctx: IncidentContext) -> Result:
    observing = [name for name, mode in ctx.runbook.modes if mode is Mode.OBSERVE]
    if len(observing) == len(list(ctx.runbook.modes)):
        return unknown("every action only observes, so nothing is repaired by itself",
                       "once you have watched enough: responder configure modes, and answer own")  # fmt: skip
    return ok(f"only observing: {', '.join(observing)}" if observing else "no action only observes")


CHECKS: dict[str, Check] = {"override": override, "scope": scope, "stop switch": stop_switch, "modes": modes}

"""The common part of all actions that set service flags."""

from collections.abc import Callable
from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.service_flags_target import ServiceFlagsTarget
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo


def service_flag_action(
    action: str, desired: Callable[[IncidentContext], DesiredValues | NothingToDo]
) -> OverrideAction:
    return OverrideAction(action, ServiceFlagsTarget, desired, ACTIONS[action].undo, _reader_within)


def _reader_within(ctx: IncidentContext) -> timedelta:
    return timedelta(seconds=ctx.runbook.service_flags.reader_seconds)

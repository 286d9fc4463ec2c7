"""What all actions on levers share."""

from collections.abc import Callable
from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.overrides.override_action import Setting, Wish
from responder.actions.overrides.service_flags_target import LeverPlace
from responder.context import Desk
from responder.contracts.action import Nothing


def lever_setting(action: str, wish: Callable[[Desk], Wish | Nothing]) -> Setting:
    return Setting(action, LeverPlace, wish, ACTIONS[action].undo, _reader_within)


def _reader_within(desk: Desk) -> timedelta:
    return timedelta(seconds=desk.runbook.levers.reader_seconds)

"""What all actions on levers share."""

from collections.abc import Callable
from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.lever_place import LeverPlace
from responder.actions.plan import Nothing
from responder.actions.setting import Setting, Wish
from responder.adapters.desk import Desk


def lever_setting(action: str, wish: Callable[[Desk], Wish | Nothing]) -> Setting:
    return Setting(action, LeverPlace, wish, ACTIONS[action].undo, _reader_within)


def _reader_within(desk: Desk) -> timedelta:
    return timedelta(seconds=desk.runbook.levers.reader_seconds)

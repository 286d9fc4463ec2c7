"""Keeps functions warm: a schedule calls them every few minutes with an event that asks for no work."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

E = TypeVar("E")
C = TypeVar("C")
A = TypeVar("A")

# The input of the KeepWarm schedules in template.yaml.
EVENT = {"keep_warm": True}


def answers_keep_warm(handler: Callable[[E, C], A]) -> Callable[[E, C], A | dict[str, str]]:
    """A decorator. For EVENT it returns `{}`, and does not call the handler."""

    @wraps(handler)
    def answer(event: E, context: C) -> A | dict[str, str]:
        return {} if event == EVENT else handler(event, context)

    return answer

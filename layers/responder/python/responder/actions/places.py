"""Every kind of place that can be switched, one line each."""

from collections.abc import Callable, Mapping

from responder.actions.lever_place import LeverPlace
from responder.actions.place import Place
from responder.adapters.desk import Desk

PLACES: Mapping[str, Callable[[Desk], Place]] = {"lever": LeverPlace}


def place_of(desk: Desk, thing: str) -> Place:
    """The place of `lever:request_queue` and the like."""
    return PLACES[thing.split(":", 1)[0]](desk)

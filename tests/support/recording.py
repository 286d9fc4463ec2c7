"""Which AWS calls each function makes: what its role must allow, and nothing more."""

import contextvars
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.recorder.sitecustomize import resources
from responder.aws import clients

# Probes and channels work in pools, whose threads inherit no context: theirs is the function that began last.
POOLS = ("secrets", "ThreadPoolExecutor")
_latest: list[str] = []
_function: contextvars.ContextVar[str | None] = contextvars.ContextVar("function", default=None)
# These are called from the tests' own thread, beside whatever an execution does in its pools.
AT_THE_DOOR = ("receive_webhook", "route_alert", "read_incidents")
# (function, service, operation, resources as JSON)
Call = tuple[str, str, str, str]
_calls: list[set[Call]] = []


def start() -> set[Call]:
    """Clients made from here on are listened to; their calls go into the set that is returned."""
    _calls[:] = [set()]
    session: Any = clients.session()
    session.register("provide-client-params", _note)
    return _calls[0]


def current_function() -> str | None:
    """The function of the product that runs in this thread."""
    in_pool = threading.current_thread().name.startswith(POOLS)
    return _function.get() or (_latest[-1] if _latest and in_pool else None)


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    name = current_function()
    if name is not None:
        touched = json.dumps(sorted(set(resources(params))))
        _calls[0].add((name, model.service_model.signing_name, model.name, touched))


@contextmanager
def of_function(name: str) -> Iterator[None]:
    token = _function.set(name)
    with_pools = [name] if name not in AT_THE_DOOR else []
    _latest.extend(with_pools)
    try:
        yield
    finally:
        for one in with_pools:
            _latest.remove(one)
        _function.reset(token)

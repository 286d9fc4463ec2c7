"""Which AWS calls each function makes: what its role must allow, and nothing more."""

import contextvars
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from local.recorder.sitecustomize import resources
from responder.aws import clients

_function: contextvars.ContextVar[str | None] = contextvars.ContextVar("function", default=None)
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
    """The function of the product that runs in this thread, or that gave work to it."""
    return _function.get()


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    name = current_function()
    if name is not None:
        touched = json.dumps(sorted(set(resources(params))))
        _calls[0].add((name, model.service_model.signing_name, model.name, touched))


@contextmanager
def of_function(name: str) -> Iterator[None]:
    token = _function.set(name)
    try:
        yield
    finally:
        _function.reset(token)


def _submit(pool: ThreadPoolExecutor, work: Any, /, *args: Any, **kwargs: Any) -> Any:
    return _plain_submit(pool, contextvars.copy_context().run, work, *args, **kwargs)


def _start(thread: threading.Thread) -> None:
    if _function.get() is not None:
        run = thread.run
        thread.run = lambda: given.run(run)  # type: ignore[method-assign]
        given = contextvars.copy_context()
    _plain_start(thread)


# Probes and channels work in threads, and those of one execution run beside another's: a thread has the context of
# whoever gave it its work, as it has of itself from Python 3.14 on.
_plain_submit, _plain_start = ThreadPoolExecutor.submit, threading.Thread.start
ThreadPoolExecutor.submit = _submit  # type: ignore[assignment,method-assign]
threading.Thread.start = _start  # type: ignore[assignment,method-assign]

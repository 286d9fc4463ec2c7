"""Which AWS calls each function makes: what its role must allow, and nothing more."""

import contextvars
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from local.recorder.sitecustomize import resources

# Probes and channels work in pools, whose threads inherit no context: theirs is the function that began last.
POOLS = ("secrets", "ThreadPoolExecutor")
_latest: list[str] = []
_function: contextvars.ContextVar[str | None] = contextvars.ContextVar("function", default=None)
# (function, service, operation, resources as JSON), over all tests of one session
CALLS: set[tuple[str, str, str, str]] = set()


def start() -> None:
    """Clients made from here on are listened to."""
    boto3.setup_default_session()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("provide-client-params", _note)


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    in_pool = threading.current_thread().name.startswith(POOLS)
    name = _function.get() or (_latest[-1] if _latest and in_pool else None)
    if name is not None:
        touched = json.dumps(sorted(set(resources(params))))
        CALLS.add((name, model.service_model.signing_name, model.name, touched))


@contextmanager
def of_function(name: str) -> Iterator[None]:
    token = _function.set(name)
    _latest.append(name)
    try:
        yield
    finally:
        _latest.remove(name)
        _function.reset(token)

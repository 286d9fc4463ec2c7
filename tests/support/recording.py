"""Which AWS calls each function makes: what its role must allow, and nothing more."""

import contextvars
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from local.recorder.sitecustomize import resources

_function: contextvars.ContextVar[str | None] = contextvars.ContextVar("function", default=None)
# (function, service, operation, resources as JSON), over all tests of one session
CALLS: set[tuple[str, str, str, str]] = set()


def start() -> None:
    """Clients made from here on are listened to."""
    boto3.setup_default_session()
    session: Any = boto3.DEFAULT_SESSION
    session.events.register("provide-client-params", _note)


def _note(params: dict[str, Any], model: Any, **_: Any) -> None:
    name = _function.get()
    if name is not None:
        touched = json.dumps(sorted(set(resources(params))))
        CALLS.add((name, model.service_model.signing_name, model.name, touched))


@contextmanager
def of_function(name: str) -> Iterator[None]:
    token = _function.set(name)
    try:
        yield
    finally:
        _function.reset(token)

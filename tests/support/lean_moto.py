"""The same answers of moto for less: what it works out anew at each call is worked out once, or not at all."""

import inspect
import pickle
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from botocore import hooks as _hooks
from botocore.compat import accepts_kwargs
from botocore.loaders import JSONFileLoader, Loader
from moto.core import responses
from moto.core.base_backend import BackendDict
from moto.core.serialize import AttributePicker, XFormedAttributePicker
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.sqs import models as sqs
from moto.ssm.responses import SimpleSystemManagerResponse
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils.boto_client import boto_client_for

from responder.aws import clients
from tests.support import lean_items

# What moto itself has there.
_own: list[tuple[Any, str, Any]] = []


def install() -> None:
    """For the whole process."""
    for owner, name, made in (*_made(), *lean_items.made()):
        _own.append((owner, name, inspect.getattr_static(owner, name, None)))
        setattr(owner, name, made)


@contextmanager
def left_out() -> Iterator[None]:
    """moto as it was."""
    lean = [(owner, name, inspect.getattr_static(owner, name)) for owner, name, _ in _own]
    for owner, name, own in reversed(_own):
        delattr(owner, name) if own is None else setattr(owner, name, own)
    try:
        yield
    finally:
        for owner, name, made in lean:
            setattr(owner, name, made)


def _made() -> Iterator[tuple[Any, str, Any]]:
    # Each session and each of moto's clients has a loader of its own, and a test has a session of its own; what AWS's
    # services look like is read once.
    for files in (JSONFileLoader, clients._Files):
        yield files, "load_file", _kept(files.load_file)
    yield Loader, "load_service_model", _models_kept(Loader.load_service_model)
    yield Loader, "list_available_services", _listed_once(Loader.list_available_services)
    # Each session gives every event of the SDK its name of today, and looks at how each handler can be called.
    yield hooks.EventAliaser, "_alias_event_name", _named_once(hooks.EventAliaser._alias_event_name)
    yield hooks, "accepts_kwargs", _accepts_kwargs
    yield responses, "method_names_from_class", cache(method_names_from_class)
    yield BackendDict, "__getitem__", _backends
    for picker in (AttributePicker, XFormedAttributePicker):
        yield picker, "get_possible_keys", _names_kept(picker.get_possible_keys)
    yield AmazonStateLanguageParser, "parse", staticmethod(_parsed)
    # Each task of an execution makes a client of its own.
    client_of = cache(boto_client_for)
    yield lambda_eval_utils, "boto_client_for", lambda region, service, **_: client_of(region, service)
    yield SimpleSystemManagerResponse, "serialized", _serialized
    # Each message looks at the time twice, and the attributes of a queue look at each message six times.
    yield sqs, "unix_time_millis", _milliseconds
    for module in (sqs, responses):
        yield module, "camelcase_to_underscores", cache(camelcase_to_underscores)


def _kept(load_file: Any) -> Any:
    """Nobody changes what is no service's own."""
    files: dict[str, Any] = {}

    def load(self: JSONFileLoader, file_path: str) -> Any:
        if re.search(r"/\d{4}-\d\d-\d\d/", file_path):
            return load_file(self, file_path)
        if file_path not in files:
            files[file_path] = load_file(self, file_path)
        return files[file_path]

    return load


def _models_kept(load_model: Any) -> Any:
    """Each kind of loader has its own: moto's merges errors of its own into what it has read."""
    models: dict[tuple[Any, ...], Any] = {}

    def load(self: Loader, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        about = type(self), *self.search_paths, service_name, type_name, api_version
        if about not in models:
            models[about] = load_model(self, service_name, type_name, api_version)
        return models[about]

    return load


def _listed_once(list_services: Any) -> Any:
    found: dict[tuple[str, ...], list[str]] = {}

    def listed(self: Loader, type_name: str) -> list[str]:
        place = (type_name, *self.search_paths)
        if place not in found:
            found[place] = list_services(self, type_name)
        return found[place]

    return listed


def _named_once(name_of: Any) -> Any:
    """Names do not differ between sessions: all have the SDK's own list of aliases."""
    usual = hooks.EventAliaser(None)
    return lambda _, event: name_of(usual, event)


def _accepts_kwargs(handler: Any) -> bool:
    code = getattr(handler, "__code__", None)
    return bool(code.co_flags & inspect.CO_VARKEYWORDS if code else accepts_kwargs(handler))


# Without types.
backend_dict: Any = BackendDict
hooks: Any = _hooks
_parse_any: Any = AmazonStateLanguageParser.parse


@cache
def _parse(definition: str) -> tuple[bytes, Any]:
    program, tree = _parse_any(definition)
    return pickle.dumps(program), tree


def _parsed(definition: str) -> Any:
    """Parsing our state machine takes a third of a second; each execution gets a copy of its own."""
    program, tree = _parse(definition)
    return pickle.loads(program), tree  # noqa: S301 - made above


_made_for: Any = BackendDict.__getitem__


def _backends(self: Any, account: str) -> Any:
    """moto compares this service with each that is in use, in Python: without an entry there it is never reset."""
    if dict.__contains__(self, account) and any(one is self for one in backend_dict._instances):
        return dict.__getitem__(self, account)
    return _made_for(self, account)


def _names_kept(possible_keys: Any) -> Any:
    """By what names an answer may hold a member of its shape: for a dict, that depends on the shape alone."""
    found: dict[Any, tuple[str, ...]] = {}

    def names(self: Any, context: Any) -> Any:
        if type(context.obj) is not dict:
            return possible_keys(self, context)
        about = context.shape, context.key, tuple(self.alias_providers)
        if about not in found:
            found[about] = tuple(possible_keys(self, context))
        return found[about]

    return names


_serialized_any: Any = SimpleSystemManagerResponse.serialized
_answers: dict[tuple[str, bytes], Any] = {}


def _serialized(self: Any, action_result: Any) -> Any:
    """Each function reads the same few parameters, and they seldom change."""
    result = action_result.result
    if type(result) is not dict:
        return _serialized_any(self, action_result)
    about = self._get_action(), pickle.dumps(result)
    if about not in _answers:
        _answers[about] = _serialized_any(self, action_result)
    status, headers, body = _answers[about]
    return status, dict(headers), body


def _milliseconds() -> float:
    return time.time() * 1000

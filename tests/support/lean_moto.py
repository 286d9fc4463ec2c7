"""The same answers of moto for less: what it works out anew at each call is worked out once, or not at all."""

import copy
import inspect
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

from botocore import hooks as _hooks
from botocore.compat import accepts_kwargs
from botocore.loaders import JSONFileLoader, Loader
from moto.core import responses
from moto.core.utils import camelcase_to_underscores, method_names_from_class
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import ast_nodes as _ast_nodes
from moto.dynamodb.parsing import expressions as _expressions
from moto.sqs import models as sqs
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from responder.aws import clients


def install() -> None:
    """For the whole process."""
    for owner, name, made in _made():
        setattr(owner, name, made)


def _made() -> Iterator[tuple[Any, str, Any]]:
    # Each session and each of moto's clients has a loader of its own, and a test has a session of its own; what AWS's
    # services look like is read once.
    for files in (JSONFileLoader, clients._Files):
        yield files, "load_file", _kept(files.load_file)
    yield Loader, "list_available_services", _listed_once(Loader.list_available_services)
    # Each session gives every event of the SDK its name of today, and looks at how each handler can be called.
    yield hooks.EventAliaser, "_alias_event_name", _named_once(hooks.EventAliaser._alias_event_name)
    yield hooks, "accepts_kwargs", _accepts_kwargs
    yield responses, "method_names_from_class", cache(method_names_from_class)
    yield AmazonStateLanguageParser, "parse", staticmethod(_parsed)
    # A validator copies what was parsed before it changes it.
    yield expressions.UpdateExpressionParser, "make", staticmethod(cache(expressions.UpdateExpressionParser.make))
    yield ast_nodes.Node, "__deepcopy__", _copied
    yield DynamoType, "cast_value", property(_cast)
    yield Table, "query", _query_one_partition
    # Each message looks at the time twice, and the attributes of a queue look at each message six times.
    yield sqs, "unix_time_millis", _milliseconds
    for module in (sqs, responses):
        yield module, "camelcase_to_underscores", cache(camelcase_to_underscores)


def _kept(load_file: Any) -> Any:
    """Nobody changes what a loader gives, because loaders keep it themselves."""
    files: dict[str, Any] = {}

    def load(self: JSONFileLoader, file_path: str) -> Any:
        if file_path not in files:
            files[file_path] = load_file(self, file_path)
        return files[file_path]

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
hooks: Any = _hooks
ast_nodes: Any = _ast_nodes
expressions: Any = _expressions
_parse = cache(AmazonStateLanguageParser.parse)


def _parsed(definition: str) -> Any:
    """Parsing our state machine takes a third of a second; each execution gets a copy of its own."""
    program, tree = _parse(definition)
    return copy.deepcopy(program), tree


def _copied(node: Any, memo: dict[int, Any]) -> Any:
    """As `deepcopy` does it, without the detour over pickle."""
    made = object.__new__(type(node))
    memo[id(node)] = made
    for name, value in vars(node).items():
        made.__dict__[name] = value if isinstance(value, str) else copy.deepcopy(value, memo)
    return made


_cast_any: Any = vars(DynamoType)["cast_value"].fget


def _cast(value: DynamoType) -> Any:
    return value.value if value.type == "S" else _cast_any(value)


_query: Any = Table.query
_given = inspect.signature(_query)


def _query_one_partition(whole: Any, hash_key: Any, *others: Any, **named: Any) -> Any:
    """moto sorts all items of the table first."""
    part = whole
    if not _given.bind(whole, hash_key, *others, **named).arguments.get("index_name"):
        part = copy.copy(whole)
        part.items = {hash_key: whole.items[hash_key]} if hash_key in whole.items else {}
    return _query(part, hash_key, *others, **named)


def _milliseconds() -> float:
    return time.time() * 1000

"""What botocore's models of AWS say about a request and botocore itself does not check: lengths, patterns, values."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import botocore.session
import regex
from botocore.model import OperationModel
from botocore.validate import ParamValidator

_session = botocore.session.get_session()


def operation(service: str, name: str) -> OperationModel:
    return _session.get_service_model(service).operation_model(name)


def breaches(service: str, name: str, params: dict[str, Any]) -> list[str]:
    """Each with its place: unknown and missing parameters, types, and every constraint of the model."""
    shape = operation(service, name).input_shape
    if shape is None:
        return [f"{name} takes no parameters"] if params else []
    report = ParamValidator().validate(params, shape)
    return ([report.generate_report()] if report.has_errors() else []) + list(_constraints(params, shape, name))


def _constraints(value: Any, shape: Any, place: str) -> Iterator[str]:
    yield from _CHECKS.get(shape.type_name, _number)(value, shape, place)


def _structure(value: Any, shape: Any, place: str) -> Iterator[str]:
    for name in value.keys() & shape.members.keys():
        yield from _constraints(value[name], shape.members[name], f"{place}.{name}")


def _list(value: Any, shape: Any, place: str) -> Iterator[str]:
    yield from _size(len(value), shape, place)
    for member in value:
        yield from _constraints(member, shape.member, f"{place}[]")


def _map(value: Any, shape: Any, place: str) -> Iterator[str]:
    yield from _size(len(value), shape, place)
    for name, member in value.items():
        yield from _constraints(name, shape.key, f"{place} {name}")
        yield from _constraints(member, shape.value, f"{place}.{name}")


def _text(value: Any, shape: Any, place: str) -> Iterator[str]:
    # A size of a text that the API counts in bytes is never less than its characters: bytes are the stricter reading.
    yield from _size(len(value.encode()), shape, place)
    pattern = shape.metadata.get("pattern")
    readable = _readable(pattern) if pattern else None
    if readable and not readable.search(value):
        yield f"{place}: {value!r} does not match {pattern}"
    values = shape.metadata.get("enum")
    if values and value not in values:
        yield f"{place}: {value!r} is none of {values}"


@cache
def _readable(pattern: str) -> Any:
    """None for the few patterns that only Java understands."""
    try:
        return regex.compile(pattern)
    except regex.error:
        return None


def _number(value: Any, shape: Any, place: str) -> Iterator[str]:
    yield from _size(value, shape, place) if isinstance(value, int | float) else ()


def _size(size: float, shape: Any, place: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        yield f"{place}: {size} is not within {least} to {most}"


_CHECKS: dict[str, Callable[[Any, Any, str], Iterator[str]]] = {
    "structure": _structure, "list": _list, "map": _map, "string": _text,
}  # fmt: skip

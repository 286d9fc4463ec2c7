"""The items of a DynamoDB table straight from moto's own operations, where a call needs no text in between.

What the SDK checks, writes as JSON and reads from JSON again is for such calls what the caller gave, and what moto
answers. Every other call (bytes, sets, a wrong type, a name that DynamoDB does not know) goes through the SDK.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from botocore.model import OperationModel
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

Json = dict[str, Any]
OPERATIONS = {
    "DeleteItem": DynamoHandler.delete_item,
    "GetItem": DynamoHandler.get_item,
    "PutItem": DynamoHandler.put_item,
    "Query": DynamoHandler.query,
    "Scan": DynamoHandler.scan,
    "UpdateItem": DynamoHandler.update_item,
}


def is_plain(model: OperationModel, given: Json) -> bool:
    """The SDK would find nothing wrong with it, and change nothing."""
    checks, required = _checks(model)
    return required <= given.keys() and all(name in checks and checks[name](value) for name, value in given.items())


def answer(model: OperationModel, given: Json, account: str, region: str) -> Json | HTTPException:
    """The members of the operation's output, or moto's error."""
    handler = DynamoHandler()
    handler.current_account, handler.region, handler.body = account, region, given
    try:
        result: Any = OPERATIONS[model.name](handler).result
    except HTTPException as error:
        return error
    output: Any = model.output_shape
    return {name: value for name, value in result.items() if value is not None and name in output.members}


_Check = Callable[[Any], bool]


@cache
def _checks(model: OperationModel) -> tuple[dict[str, _Check], frozenset[str]]:
    shape: Any = model.input_shape
    found = {name: _check(member) for name, member in shape.members.items()}
    return {name: check for name, check in found.items() if check}, frozenset(shape.required_members)


def _check(shape: Any) -> _Check | None:
    if shape.type_name == "map":
        return _are_attributes if shape.value.name == "AttributeValue" else _are_texts
    return {"string": _is_text, "boolean": _is_bool, "integer": _is_count}.get(shape.type_name)


def _is_text(value: Any) -> bool:
    return type(value) is str and value != ""


def _is_bool(value: Any) -> bool:
    return type(value) is bool


def _is_count(value: Any) -> bool:
    return type(value) is int and value > 0


def _are_texts(values: Any) -> bool:
    return type(values) is dict and all(type(one) is str for pair in values.items() for one in pair)


def _are_attributes(values: Any) -> bool:
    return type(values) is dict and all(type(name) is str and _is_attribute(one) for name, one in values.items())


def _is_attribute(value: Any) -> bool:
    if type(value) is not dict or len(value) != 1:
        return False
    [(kind, held)] = value.items()
    if kind in ("S", "N"):
        return type(held) is str
    if kind == "M":
        return _are_attributes(held)
    if kind == "L":
        return type(held) is list and all(map(_is_attribute, held))
    return kind in ("BOOL", "NULL") and type(held) is bool

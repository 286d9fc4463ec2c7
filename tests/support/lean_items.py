"""The same answers of moto's DynamoDB for less: what it works out at each call is worked out once, or not at all."""

import copy
import inspect
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import responses as _responses
from moto.dynamodb.comparisons import AttributeValue, ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import table as _table
from moto.dynamodb.models import utilities as _utilities
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing import ast_nodes as _ast_nodes
from moto.dynamodb.parsing import expressions as _expressions

# Without types.
responses: Any = _responses
table: Any = _table
utilities: Any = _utilities
ast_nodes: Any = _ast_nodes
expressions: Any = _expressions
LARGEST = 405000


def made() -> Iterator[tuple[Any, str, Any]]:
    """(owner, name, what stands there instead)."""
    # A validator copies what was parsed before it changes it.
    yield expressions.UpdateExpressionParser, "make", staticmethod(cache(expressions.UpdateExpressionParser.make))
    yield ast_nodes.Node, "__deepcopy__", _copied
    yield ast_nodes.Node, "find_clauses", _clauses
    yield ast_nodes.DepthFirstTraverser, "traverse_node_recursively", _traversed
    yield ConditionExpressionParser, "parse", _condition
    yield ConditionExpressionParser, "_make_operand", _operand
    yield DynamoType, "cast_value", property(_cast)
    yield Item, "__init__", _item
    yield Item, "size", _size
    yield Table, "query", _query_one_partition
    # Whoever asks for items gets texts of them; nobody changes the items on the way.
    yield table, "copy", SimpleNamespace(copy=copy.copy, deepcopy=_copied_unless_found)
    for module in (responses, utilities):
        yield module, "dynamo_to_dict", _plain


def _copied(node: Any, memo: dict[int, Any]) -> Any:
    """As `deepcopy` does it, without the detour over pickle."""
    found = object.__new__(type(node))
    memo[id(node)] = found
    for name, value in vars(node).items():
        found.__dict__[name] = value if isinstance(value, str) else copy.deepcopy(value, memo)
    return found


def _traversed(self: Any, node: Any, child_id: int = -1) -> Any:
    """moto asks `abc` two times for each node whether it is of one of the kinds, and that asks in Python."""
    if ast_nodes.Node not in type(node).__mro__:
        return node
    parent = node.parent
    for place, child in enumerate(node.children or ()):
        self.pre_processing_of_child(node, place)
        self.traverse_node_recursively(child, place)
    if not hasattr(self, "kinds"):
        self.kinds = frozenset(self._processing_map())
    if not self.kinds.isdisjoint(type(node).__mro__):
        node = self.process(node)
        node.parent = parent
        if parent:
            parent.children[child_id] = node
    return node


NESTED = frozenset({ast_nodes.Expression, ast_nodes.UpdateExpressionFunction})


def _clauses(self: Any, kinds: Any) -> list[Any]:
    found = []
    for child in self.children or ():
        if type(child) in kinds:
            found.append(child)
        elif not NESTED.isdisjoint(type(child).__mro__):
            found += child.find_clauses(kinds)
    return found


_parse: Any = ConditionExpressionParser.parse
_make_operand: Any = ConditionExpressionParser._make_operand
_trees: dict[Any, Any] = {}


def _condition(self: Any) -> Any:
    """moto parses a condition two times for each call."""
    if not self.condition_expression:
        return _parse(self)
    known = self.condition_expression, *sorted((self.expression_attribute_names or {}).items())
    if known not in _trees:
        make = self._make_op_condition
        trees: list[Any] = []

        def noted(tree: Any) -> Any:
            trees.append(tree)
            return make(tree)

        self._make_op_condition = noted
        condition = _parse(self)
        _trees[known] = trees[0], self.expr_attr_names_found, self.expr_attr_values_found
        return condition
    tree, names, values = _trees[known]
    self.expr_attr_names_found.extend(names)
    self.expr_attr_values_found.extend(values)
    return self._make_op_condition(tree)


def _operand(self: Any, node: Any) -> Any:
    """The values are those of this call."""
    if node.kind == self.Kind.EXPRESSION_ATTRIBUTE_VALUE:
        return AttributeValue(self._lookup_expression_attribute_value(node.text))
    return _make_operand(self, node)


_cast_any: Any = vars(DynamoType)["cast_value"].fget


def _cast(value: DynamoType) -> Any:
    return value.value if value.type == "S" else _cast_any(value)


def _item(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
    """moto measures all attributes again with each one that it adds."""
    self.hash_key, self.range_key, self.attrs = hash_key, range_key, LimitedSizeDict()
    for name, value in attrs.items():
        dict.__setitem__(self.attrs, name, DynamoType(value))
    if self.size() > LARGEST:
        raise ItemSizeTooLarge


def _size(item: Any) -> int:
    return sum(
        _bytes(name) + (_bytes(held.value) if held.type == "S" else held.size()) for name, held in item.attrs.items()
    )


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


_query: Any = Table.query
_given = inspect.signature(_query)


def _query_one_partition(whole: Any, hash_key: Any, *others: Any, **named: Any) -> Any:
    """moto sorts all items of the table first."""
    part = whole
    if not _given.bind(whole, hash_key, *others, **named).arguments.get("index_name"):
        part = copy.copy(whole)
        part.items = {hash_key: whole.items[hash_key]} if hash_key in whole.items else {}
    return _query(part, hash_key, *others, **named)


def _copied_unless_found(value: Any) -> Any:
    is_found = type(value) is Item or (type(value) is list and all(type(one) is Item for one in value))
    return value if is_found else copy.deepcopy(value)


_plain_any = utilities.dynamo_to_dict


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is DynamoType and value.type in ("S", "N", "BOOL"):
        return {value.type: value.value}
    if kind is str or kind is int:
        return value
    return _plain_any(value)

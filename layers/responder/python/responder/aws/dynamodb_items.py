"""Items of one DynamoDB table. They hold strings and whole numbers, and are written on conditions."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from responder.aws.clients import call_or_none, client
from responder.domain.clock import now
from responder.domain.model import Model

M = TypeVar("M", bound=Model)
REFUSED = ("ConditionalCheckFailedException",)


class Items:
    """The table's items. A conditional write returns False if its condition fails; any other error is raised."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _get(self, pk: str, sk: str) -> dict[str, str] | None:
        answer = client("dynamodb").get_item(TableName=self._name, Key=key(pk, sk), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def _get_alive(self, pk: str, sk: str) -> dict[str, str] | None:
        """As `_get`, but None for an expired item: DynamoDB deletes it only some days later."""
        item = self._get(pk, sk)
        return item if item and int(item.get("expires_at", 0)) > now().timestamp() else None

    def _load(self, pk: str, sk: str, model: type[M]) -> M | None:
        item = self._get(pk, sk)
        return model.load(json.loads(item["body"])) if item else None

    def _load_all(self, pk: str, prefix: str, model: type[M]) -> list[M]:
        found = self._query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=_typed({":pk": pk, ":prefix": prefix}),
            ConsistentRead=True,
        )
        return [model.load(json.loads(item["body"])) for item in found]

    def _query(self, **params: Any) -> Iterator[dict[str, str]]:
        """The items of all pages."""
        for page in client("dynamodb").get_paginator("query").paginate(TableName=self._name, **params):
            yield from map(_plain, page["Items"])

    def _put(
        self, pk: str, sk: str, item: Mapping[str, str | int], *, condition: str = "", **values: str | int
    ) -> bool:
        """Writes the item. `values`: the values in `condition`, by their names without the colon."""
        more: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if values:
            more["ExpressionAttributeValues"] = _typed({f":{name}": value for name, value in values.items()})
        more |= {"TableName": self._name, "Item": key(pk, sk) | _typed(item)}
        return call_or_none(lambda: client("dynamodb").put_item(**more), REFUSED) is not None

    def _create(self, pk: str, sk: str, item: Mapping[str, str | int]) -> bool:
        return self._put(pk, sk, item, condition="attribute_not_exists(pk)")

    def _acquire(self, pk: str, sk: str, item: Mapping[str, str | int]) -> bool:
        """As `_create`, but an expired item counts as absent."""
        condition = "attribute_not_exists(pk) OR expires_at <= :now"
        return self._put(pk, sk, item, condition=condition, now=int(now().timestamp()))

    def _update(self, pk: str, sk: str, expression: str, values: Mapping[str, str | int], *, condition: str) -> bool:
        update = {
            "TableName": self._name,
            "Key": key(pk, sk),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": _typed(values),
        }
        return call_or_none(lambda: client("dynamodb").update_item(**update), REFUSED) is not None

    def _delete(self, pk: str, sk: str) -> None:
        client("dynamodb").delete_item(TableName=self._name, Key=key(pk, sk))


def body(record: Model) -> dict[str, str | int]:
    return {"body": json.dumps(record.dump())}


def as_seen(version: int) -> tuple[str, dict[str, str | int]]:
    """The condition, and its values, for "the item still has this version". 0 means "there is no item".

    DynamoDB refuses values that the condition does not use.
    """
    return ("version = :seen", {":seen": version}) if version else ("attribute_not_exists(version)", {})


def is_seen(counter: str, seen: int, name: str = ":seen") -> str:
    """The condition for "the counter still has the value `name`". A counter that never counted is absent: it is 0."""
    return f"{counter} = {name}" if seen else f"(attribute_not_exists({counter}) OR {counter} = {name})"


def key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _typed(item: Mapping[str, str | int]) -> dict[str, dict[str, str]]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}


def _plain(item: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}

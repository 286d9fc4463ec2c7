"""Items of one DynamoDB table: strings and whole numbers, with conditional writes."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from responder.aws.clients import client, error_code
from responder.domain.clock import now
from responder.domain.model import Model

M = TypeVar("M", bound=Model)
REFUSED = "ConditionalCheckFailedException"


class Items:
    """A conditional write returns False if its condition fails; any other error is raised."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _get(self, pk: str, sk: str) -> dict[str, str] | None:
        answer = client("dynamodb").get_item(TableName=self._name, Key=key(pk, sk), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def _get_alive(self, pk: str, sk: str) -> dict[str, str] | None:
        """None too if its life is over: DynamoDB deletes it only within days."""
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
        """All pages."""
        for page in client("dynamodb").get_paginator("query").paginate(TableName=self._name, **params):
            yield from map(_plain, page["Items"])

    def _put(
        self, pk: str, sk: str, item: Mapping[str, str | int], *, condition: str = "", **values: str | int
    ) -> bool:
        """`values` are those of `condition`, without their colons."""
        more: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if values:
            more["ExpressionAttributeValues"] = _typed({f":{name}": value for name, value in values.items()})
        return self._unless_refused(
            lambda: client("dynamodb").put_item(TableName=self._name, Item=key(pk, sk) | _typed(item), **more)
        )

    def _create(self, pk: str, sk: str, item: Mapping[str, str | int]) -> bool:
        return self._put(pk, sk, item, condition="attribute_not_exists(pk)")

    def _acquire(self, pk: str, sk: str, item: Mapping[str, str | int]) -> bool:
        """As `_create`; an item whose life is over counts as absent."""
        condition = "attribute_not_exists(pk) OR expires_at <= :now"
        return self._put(pk, sk, item, condition=condition, now=int(now().timestamp()))

    def _update(self, pk: str, sk: str, expression: str, values: Mapping[str, str | int], *, condition: str) -> bool:
        return self._unless_refused(
            lambda: client("dynamodb").update_item(
                TableName=self._name,
                Key=key(pk, sk),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=_typed(values),
            )
        )

    def _delete(self, pk: str, sk: str) -> None:
        client("dynamodb").delete_item(TableName=self._name, Key=key(pk, sk))

    @staticmethod
    def _unless_refused(write: Callable[[], Any]) -> bool:
        try:
            write()
        except ClientError as error:
            if error_code(error) == REFUSED:
                return False
            raise
        return True


def body(record: Model) -> dict[str, str | int]:
    return {"body": json.dumps(record.dump())}


def as_seen(version: int) -> tuple[str, dict[str, str | int]]:
    """Condition and values for "the item still has this version"; 0: "there is no item".

    DynamoDB refuses unused values, and comparing a value with itself.
    """
    return ("version = :seen", {":seen": version}) if version else ("attribute_not_exists(version)", {})


def key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _typed(item: Mapping[str, str | int]) -> dict[str, dict[str, str]]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}


def _plain(item: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}

"""The DynamoDB table below the ledger: one Query, and writes that are all conditional."""

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from seqstack.adapters.aws import dynamodb, translated_errors
from seqstack.domain.errors import TransientServiceError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource

type Item = dict[str, Any]


class LedgerTable:
    """A table with the string keys `pk` and `sk`, reached by `resource` or the process's own."""

    def __init__(self, name: str, resource: "DynamoDBServiceResource | None" = None) -> None:
        self._name = name
        self._given = resource

    def query(self, pk: str) -> list[Item]:
        """Every item of one partition, read consistently."""
        return self._all_pages(KeyConditionExpression=Key("pk").eq(pk), ConsistentRead=True)

    def query_index(
        self,
        index: str,
        hash_key: str,
        value: str,
        range_key: str,
        after: str,
        only: ConditionBase | None = None,
    ) -> list[Item]:
        """Every item of one partition of an index whose range key is greater than `after`.

        An index lags a moment behind the table. DynamoDB reads what `only` leaves out, and bills
        it, but does not send it.
        """
        condition: ConditionBase = Key(hash_key).eq(value)
        if after:
            condition &= Key(range_key).gt(after)
        chosen = {"FilterExpression": only} if only else {}
        return self._all_pages(IndexName=index, KeyConditionExpression=condition, **chosen)

    def query_newest(
        self,
        index: str,
        hash_key: tuple[str, str],
        range_key: tuple[str, str],
        limit: int,
        where: Mapping[str, str],
    ) -> list[Item]:
        """The `limit` last items of one partition of an index, from the range key's value down.

        `where` names further attributes and the values that they must have.
        """
        query: dict[str, Any] = {
            "IndexName": index,
            "KeyConditionExpression": Key(hash_key[0]).eq(hash_key[1])
            & Key(range_key[0]).lte(range_key[1]),
            "ScanIndexForward": False,
        }
        filters: list[ConditionBase] = [Attr(name).eq(value) for name, value in where.items()]
        if filters:
            query["FilterExpression"] = reduce(and_, filters)
        else:
            query["Limit"] = limit  # which counts what a filter drops, too
        found: list[Item] = []
        while len(found) < limit:
            with translated_errors():
                page = self._resource().query(**query)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                break
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found[:limit]

    def _all_pages(self, **query: Any) -> list[Item]:
        found: list[Item] = []
        while True:
            with translated_errors():
                page = self._resource().query(**query)
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def get(self, key: Item) -> Item | None:
        """One item, read consistently."""
        with translated_errors():
            item: Item | None = self._resource().get_item(Key=key, ConsistentRead=True).get("Item")
        return item

    def put_new(self, item: Item) -> bool:
        """Write an item; False if its key is taken."""
        try:
            with translated_errors():
                self._resource().put_item(Item=item, ConditionExpression="attribute_not_exists(pk)")
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def put_all_new(self, items: Iterable[Item]) -> bool:
        """Write items, all or none (at most 100); False if any of their keys is taken."""
        new = {"TableName": self._name, "ConditionExpression": "attribute_not_exists(pk)"}
        puts: Any = [{"Put": {"Item": item, **new}} for item in items]
        try:
            with translated_errors():
                self._resource().meta.client.transact_write_items(TransactItems=puts)
        except ClientError as error:
            if _code(error) != "TransactionCanceledException":
                raise
            # one code for each item, "None" for those that could have been written
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in reasons:
                return False
            raise TransientServiceError(f"transaction cancelled: {', '.join(reasons)}") from error
        return True

    def update(
        self, key: Item, expression: str, values: Mapping[str, Any], *, condition: str
    ) -> Item | None:
        """Update one item; its new attributes, or None if the condition did not hold.

        `#name` in an expression stands for the attribute `name`, which may be a reserved word.
        """
        aliases = set(re.findall(r"#\w+", f"{expression} {condition}"))
        names: Any = {"ExpressionAttributeNames": {alias: alias[1:] for alias in aliases}}
        try:
            with translated_errors():
                answer = self._resource().update_item(
                    Key=key,
                    UpdateExpression=expression,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=dict(values),
                    ReturnValues="ALL_NEW",
                    **(names if aliases else {}),
                )
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                return None
            raise
        updated: Item = answer["Attributes"]
        return updated

    def _resource(self) -> Any:
        return (self._given or dynamodb()).Table(self._name)


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]

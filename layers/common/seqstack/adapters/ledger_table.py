"""The ledger's DynamoDB table: queries, and conditional writes."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import and_
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from botocore.exceptions import ClientError

from seqstack.adapters.aws import dynamodb, translated_errors
from seqstack.domain.errors import TransientServiceError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource

type Item = dict[str, Any]

# botocore does not retry such a write itself; the pauses add up to a second
_WAITS_FOR_TRANSACTIONS = (0, 0.02, 0.08, 0.2, 0.7)


@dataclass(frozen=True, slots=True)
class Update:
    """A change of one item, if a condition holds; without one, the item may be new.

    `#name` in an expression is the attribute `name`, which may be a reserved word.
    """

    key: Item
    expression: str
    values: Mapping[str, Any]
    condition: str = ""

    def request(self) -> Item:
        """The same as a request of DynamoDB."""
        aliases = set(re.findall(r"#[A-Za-z0-9_]+", f"{self.expression} {self.condition}"))
        names = {"ExpressionAttributeNames": {alias: alias[1:] for alias in aliases}}
        return {
            "Key": self.key,
            "UpdateExpression": self.expression,
            **({"ConditionExpression": self.condition} if self.condition else {}),
            "ExpressionAttributeValues": dict(self.values),
            **(names if aliases else {}),
        }


@dataclass(frozen=True, slots=True)
class Put:
    """A new item, if its key is free."""

    item: Item

    def request(self) -> Item:
        """The same as a request of DynamoDB."""
        return {"Item": self.item, "ConditionExpression": "attribute_not_exists(pk)"}


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on another item."""

    key: Item
    condition: str
    values: Mapping[str, Any]

    def request(self) -> Item:
        """The same as a request of DynamoDB."""
        return {
            "Key": self.key,
            "ConditionExpression": self.condition,
            "ExpressionAttributeValues": dict(self.values),
        }


type Write = Put | Update | Check
_OPERATIONS = {Put: "Put", Update: "Update", Check: "ConditionCheck"}


class LedgerTable:
    """A table with the string keys `pk` and `sk`, of `resource` or the process's own."""

    def __init__(self, name: str, resource: "DynamoDBServiceResource | None" = None) -> None:
        self._name = name
        self._given = resource

    def query(self, pk: str, prefix: str = "") -> list[Item]:
        """The items of one partition whose `sk` begins with `prefix`, read consistently."""
        key: ConditionBase = Key("pk").eq(pk)
        if prefix:
            key &= Key("sk").begins_with(prefix)
        return self._all_pages(KeyConditionExpression=key, ConsistentRead=True)

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

        An index is eventually consistent. DynamoDB reads and bills attributes that `only` leaves
        out, but does not return them.
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
        page_size: int,
        where: Mapping[str, str],
    ) -> Iterator[Item]:
        """The items of one partition of an index, from the range key's value down.

        They are read lazily. `where` names further attributes and their required values.
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
            query["Limit"] = page_size  # which also counts items that a filter drops
        while True:
            with translated_errors():
                page = self._resource().query(**query)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

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

    def _transact(self, writes: Any) -> bool:
        client = self._resource().meta.client
        try:
            _past_transactions(lambda: client.transact_write_items(TransactItems=writes))
        except ClientError as error:
            if _code(error) != "TransactionCanceledException":
                raise
            # one code for each item, "None" if its condition held
            reasons = {reason["Code"] for reason in error.response["CancellationReasons"]}
            if "ConditionalCheckFailed" in reasons:
                return False
            raise TransientServiceError(f"transaction cancelled: {', '.join(reasons)}") from error
        return True

    def write_all(self, writes: Iterable[Write]) -> bool:
        """Write items, all or none (at most 100); False if any condition did not hold."""
        table = {"TableName": self._name}
        return self._transact(
            [{_OPERATIONS[type(one)]: {**table, **one.request()}} for one in writes]
        )

    def update(
        self, key: Item, expression: str, values: Mapping[str, Any], *, condition: str
    ) -> Item | None:
        """Update one item; its new attributes, or None if the condition did not hold."""
        return self.apply(Update(key, expression, values, condition))

    def apply(self, change: Update) -> Item | None:
        """Update one item; its new attributes, or None if the condition did not hold."""
        request: Any = change.request()
        table = self._resource()
        try:
            answer = _past_transactions(
                lambda: table.update_item(ReturnValues="ALL_NEW", **request)
            )
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                return None
            raise
        updated: Item = answer["Attributes"]
        return updated

    def _resource(self) -> Any:
        return _table(self._given or dynamodb(), self._name)


@lru_cache(maxsize=8)
def _table(resource: Any, name: str) -> Any:
    """The resource of a table: boto3 makes a class for each, which takes a third of a request.

    Its actions keep nothing on it, so that threads can share it.
    """
    return resource.Table(name)


def _past_transactions[T](write: Callable[[], T]) -> T:
    """Repeat a write that conflicts with a transaction on the same item, which takes milliseconds.

    Raises:
        TransientServiceError: it still conflicts after a second; or AWS could not answer.
    """
    for wait in _WAITS_FOR_TRANSACTIONS:
        time.sleep(wait)
        try:
            with translated_errors():
                return write()
        except ClientError as error:
            if not _met_a_transaction(error):
                raise
    raise TransientServiceError("DynamoDB: repeated TransactionConflict")


def _met_a_transaction(error: ClientError) -> bool:
    reasons: Any = error.response.get("CancellationReasons", [])
    cancelled = {reason["Code"] for reason in reasons} - {"None"}
    return _code(error) == "TransactionConflictException" or cancelled == {"TransactionConflict"}


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]

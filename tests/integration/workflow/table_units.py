"""DynamoDB's request units, as AWS would count them: moto says 1 of everything.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html: a
write takes a unit for each KB of the item, twice in a transaction, and as many in each index that
has the item; a read takes one for each 4 KB, half in an index.
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.responses import DynamoHandler

from emulator.engine.patches import Patches
from tests.support.aws_world import template

_KB = 1024
_READ_BYTES = 4 * _KB

type Item = dict[str, Any]


@dataclass
class Units:
    """What was read and written since the beginning of the block."""

    reads: float = 0
    writes: int = 0


@contextmanager
def measured_units(user: str) -> Iterator[Units]:
    """Watch what functions ask of DynamoDB; what a condition refuses is paid for, too.

    `user` is the access key of whoever is no function.
    """
    units = Units()
    original = DynamoHandler.call_action

    def call_action(handler: DynamoHandler) -> Any:
        if f"Credential={user}/" in handler.headers.get("Authorization", ""):
            return original(handler)  # the test itself
        operation = handler.headers.get("X-Amz-Target", "").rpartition(".")[2]
        request = json.loads(handler.body)
        writes = [*writes_of(operation, request)]
        before = [item_of(handler, table, key) for table, key, _ in writes]
        answer = original(handler)
        for (table, key, times), was in zip(writes, before, strict=True):
            units.writes += _write_units(was, item_of(handler, table, key), times)
        units.reads += _read_units(operation, request, handler, answer)
        return answer

    patches = Patches()
    patches.replace(DynamoHandler, "call_action", call_action)
    yield units
    patches.restore()


def writes_of(operation: str, request: Any) -> Iterator[tuple[str, Item, int]]:
    match operation:
        case "UpdateItem":
            yield request["TableName"], request["Key"], 1
        case "PutItem":
            yield request["TableName"], _key(request["Item"]), 1
        case "TransactWriteItems":
            for one in request["TransactItems"]:
                ((_, write),) = one.items()
                yield write["TableName"], write.get("Key") or _key(write["Item"]), 2


def _write_units(before: Item | None, after: Item | None, times: int) -> int:
    sizes = [size_of({"M": item}) for item in (before, after) if item]
    kilobytes = math.ceil(max(sizes, default=1) / _KB)
    changed = 0 if before == after else sum(_copies(before or {}, after or {}))
    return kilobytes * (times + changed)


def _copies(before: Item, after: Item) -> Iterator[int]:
    """Writes to the indexes: one for a changed item, two if its key changes."""
    table = template()["Resources"]["LedgerTable"]["Properties"]
    for index in table["GlobalSecondaryIndexes"]:
        names = [key["AttributeName"] for key in index["KeySchema"]]
        was, is_in = ([item.get(name) for name in names] for item in (before, after))
        if None not in is_in:
            yield 1 if None in was or was == is_in else 2


def _read_units(operation: str, request: Any, handler: DynamoHandler, answer: Any) -> float:
    if operation == "GetItem":
        item = item_of(handler, request["TableName"], request["Key"])
        return math.ceil((size_of({"M": item}) if item else 1) / _READ_BYTES)
    if operation == "Query":
        body = answer if isinstance(answer, str) else answer[-1]
        found = sum(size_of({"M": item}) for item in json.loads(body).get("Items", []))
        units = max(1, math.ceil(found / _READ_BYTES))
        return units if request.get("ConsistentRead") else units / 2
    return 0


def _key(item: Item) -> Item:
    return {name: item[name] for name in ("pk", "sk")}


def item_of(handler: DynamoHandler, table: str, key: Item) -> Item | None:
    found = handler.dynamodb_backend.get_item(table, key)
    return found.to_json()["Attributes"] if found else None


def size_of(value: Item) -> int:
    """Bytes of an attribute's value, names of attributes within it included.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return (len(content) + 1) // 2 + 1
        case "L":
            return 3 + sum(1 + size_of(one) for one in content)
        case "M":
            return 3 + sum(1 + len(name) + size_of(one) for name, one in content.items())
    return 1

"""DynamoDB: a query looks only at the items that have its key.

moto 5.2.5 sorts every item of the table and looks through all of them, for each query. Here, the
items of each key of an index are known: they are noted at the index's first query, and again after
each request that may have changed them.
"""

import threading
from collections import defaultdict
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from emulator.engine.moto_adapters.dynamodb_records import tables, written
from emulator.engine.patches import Patches

_KNOWN = "items_by_attribute"
_INDEX_NAME = 6  # its place among the arguments of moto's backend
_KEY_TYPES = frozenset({"S", "N", "B"})
_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "BatchWriteItem"})
_READS = frozenset({"GetItem", "Query", "Scan", "BatchGetItem", "TransactGetItems"})

type Place = tuple[DynamoType, DynamoType | None]


class _ByAttribute:
    """The places of a table's items by the value of one attribute."""

    def __init__(self, table: Table, name: str) -> None:
        self._name = name
        self._places: dict[DynamoType, set[Place]] = defaultdict(set)
        self._values: dict[Place, DynamoType] = {}
        for item in table.all_items():
            self.note((item.hash_key, item.range_key), item)

    def note(self, place: Place, item: Item | None) -> None:
        """Take the item that is in a place now; None if it is empty."""
        before = self._values.pop(place, None)
        if before is not None:
            self._places[before].discard(place)
            if not self._places[before]:
                del self._places[before]
        value = item.attrs.get(self._name) if item is not None else None
        if value is not None and value.type in _KEY_TYPES:
            self._values[place] = value
            self._places[value].add(place)

    def places(self, value: DynamoType) -> set[Place]:
        return self._places.get(value, set())


def install(patches: Patches) -> None:
    """Adapt queries until `patches` are restored.

    Install it before the adapter that lets one request at a time in.
    """
    handle, find, every = DynamoHandler.call_action, Table.query, Table.all_items
    narrowed = threading.local()

    def call_action(handler: DynamoHandler) -> Any:
        answer = handle(handler)
        action = handler._get_action()
        if action in _WRITES:
            for table, key in written(action, handler.params):
                _note(table, key)
        elif action not in _READS:
            for table in tables().values():
                vars(table).pop(_KNOWN, None)
        return answer

    def query(table: Table, hash_key: DynamoType | None, *more: Any, **named: Any) -> Any:
        conditions = named.get("hash_key_conditions")
        if more[_INDEX_NAME] and conditions:
            narrowed.items = _of_index(table, *conditions[0])
        elif not more[_INDEX_NAME] and hash_key is not None:
            narrowed.items = _of_key(table, hash_key)
        try:
            return find(table, hash_key, *more, **named)
        finally:
            narrowed.items = None

    def all_items(table: Table) -> list[Item]:
        items: list[Item] | None = getattr(narrowed, "items", None)
        return every(table) if items is None else items

    patches.replace(DynamoHandler, "call_action", call_action)
    patches.replace(Table, "query", query)
    patches.replace(Table, "all_items", all_items)


def _of_key(table: Table, hash_key: DynamoType) -> list[Item]:
    """The items of a hash key, in the order of moto's."""
    found = table.items.get(hash_key, {})
    if not table.has_range_key:
        return [found] if found else []
    return [item for _, item in sorted(found.items())]


def _of_index(table: Table, attribute: str, value: DynamoType) -> list[Item]:
    """The items of which an attribute has a value, in the order of moto's."""
    indexes: dict[str, _ByAttribute] = vars(table).setdefault(_KNOWN, {})
    if attribute not in indexes:
        indexes[attribute] = _ByAttribute(table, attribute)
    return [_item(table, place) for place in sorted(indexes[attribute].places(value))]


def _note(table: Table, key: dict[str, Any]) -> None:
    names = (table.hash_key_attr, table.range_key_attr)
    hash_key, range_key = (DynamoType(key[name]) if name else None for name in names)
    for index in vars(table).get(_KNOWN, {}).values():
        index.note((hash_key, range_key), _item(table, (hash_key, range_key)))


def _item(table: Table, place: Place) -> Item | None:
    hash_key, range_key = place
    found = table.items.get(hash_key)
    return (found or {}).get(range_key) if table.has_range_key else found

"""DynamoDB: one request at a time, and transactions that copy no table.

moto 5.2.5 checks a condition and then writes without a lock; with several threads two conditional
writes can both succeed, which DynamoDB rules out. Before a transaction it copies every item of the
table, once for each item of the transaction, so that it can roll back; with many runs at once, that
took most of the memory and time. Here, items are replaced and never changed during a transaction,
so a copy of the dictionaries of the hash keys that it names is enough. Copies of an item share its
texts, numbers and other single values: moto changes only lists, maps and sets in their places.
"""

import copy
import threading
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from emulator.engine.moto_adapters import dynamodb_queries
from emulator.engine.patches import Patches

_SINGLE_VALUES = frozenset({"S", "N", "B", "BOOL", "NULL"})


def install(patches: Patches) -> None:
    """Adapt the service until `patches` are restored."""
    dynamodb_queries.install(patches)
    lock = threading.RLock()
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:
        with lock:
            return original(self)

    patches.replace(DynamoHandler, "call_action", call_action)
    _copy_less(patches)


def _copy_less(patches: Patches) -> None:
    copy_value = DynamoType.__deepcopy__

    def copy_if_it_can_change(value: DynamoType, memo: dict[int, Any]) -> DynamoType:
        return value if value.type in _SINGLE_VALUES else copy_value(value, memo)

    patches.replace(DynamoType, "__deepcopy__", copy_if_it_can_change)
    transact = DynamoDBBackend.transact_write_items
    update = DynamoDBBackend.update_item
    # of the current transaction: there is one at a time
    backups: dict[int, Table] = {}
    requests: list[dict[str, Any]] = []

    def transact_write_items(backend: DynamoDBBackend, transact_items: list[Any]) -> None:
        requests.extend(one for item in transact_items for one in item.values())
        try:
            transact(backend, transact_items)
        finally:
            backups.clear()
            requests.clear()

    def update_item(
        backend: DynamoDBBackend, table_name: str, key: Any, *args: Any, **options: Any
    ) -> Any:
        table = backend.get_table(table_name)
        if id(table) in backups:
            _replace_item(table, backend.get_item(table_name, key))
        return update(backend, table_name, key, *args, **options)

    def deepcopy(value: Any) -> Any:
        if not isinstance(value, Table) or value.stream_shard is not None:
            return copy.deepcopy(value)
        if id(value) not in backups:
            backups[id(value)] = _backup_of(value, requests)
        return backups[id(value)]

    patches.replace(DynamoDBBackend, "transact_write_items", transact_write_items)
    patches.replace(DynamoDBBackend, "update_item", update_item)
    patches.replace(models, "copy", SimpleNamespace(deepcopy=deepcopy, copy=copy.copy))


def _backup_of(table: Table, requests: list[dict[str, Any]]) -> Table:
    backup = copy.copy(table)
    backup.items = copy.copy(table.items)
    if table.has_range_key:
        for request in requests:
            value = (request.get("Key") or request.get("Item") or {}).get(table.hash_key_attr)
            if value and set(value) <= _SINGLE_VALUES and (key := DynamoType(value)) in table.items:
                backup.items[key] = copy.copy(table.items[key])
    return backup


def _replace_item(table: Table, item: Any) -> None:
    """Put a copy in an item's place, for moto to change."""
    if item is None:
        return
    if table.has_range_key:
        table.items[item.hash_key][item.range_key] = copy.deepcopy(item)
    else:
        table.items[item.hash_key] = copy.deepcopy(item)

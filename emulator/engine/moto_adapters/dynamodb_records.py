"""DynamoDB: the items of tables as records, which are there again at the next start."""

import json
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from emulator.engine.aws import ACCOUNT_ID, REGION
from emulator.engine.patches import Patches
from emulator.engine.state.records import Record, Records

_KIND = "item"

type Key = dict[str, Any]


def install(patches: Patches, records: Records) -> None:
    """Record every write before it is answered, until `patches` are restored.

    Install it before the adapter that lets one request at a time in.
    """
    original = DynamoHandler.call_action

    def call_action(self: DynamoHandler) -> Any:
        answer = original(self)
        found = list(written(self._get_action(), self.params))
        if found:
            records.write(map(_record, found))
        return answer

    patches.replace(DynamoHandler, "call_action", call_action)


def restore(records: Records) -> None:
    """Put the recorded items into their tables, as far as the stack has these tables."""
    found = tables()
    for name, _key, value in records.read(_KIND):
        if name in found:
            found[name].put_item(json.loads(value))


def written(action: str, parameters: dict[str, Any]) -> Iterator[tuple[Table, Key]]:
    """Each item that a request may have written, by its table and key."""
    known = tables()
    match action:
        case "PutItem" | "UpdateItem" | "DeleteItem":
            requests = [parameters]
        case "TransactWriteItems":
            requests = [one for item in parameters["TransactItems"] for one in item.values()]
        case "BatchWriteItem":
            requests = [
                {"TableName": name, **one}
                for name, items in parameters["RequestItems"].items()
                for item in items
                for one in item.values()
            ]
        case _:
            return
    for request in requests:
        table = known.get(request["TableName"].rpartition("/")[2])
        if table is not None:
            attributes = request.get("Key") or request["Item"]
            key = {name: attributes[name] for name in _key_names(table) if name in attributes}
            if len(key) == len(_key_names(table)):
                yield table, key


def _record(place: tuple[Table, Key]) -> Record:
    table, key = place
    found = dynamodb_backends[ACCOUNT_ID][REGION].get_item(table.name, key)
    if found is None:
        return _KIND, table.name, _text(key), None
    attributes = {name: each.to_regular_json() for name, each in found.attrs.items()}
    return _KIND, table.name, _text(key), _text(attributes)


def _text(attributes: dict[str, Any]) -> str:
    return json.dumps(attributes, sort_keys=True, default=lambda data: b64encode(data).decode())


def _key_names(table: Table) -> list[str]:
    return [name for name in (table.hash_key_attr, table.range_key_attr) if name]


def tables() -> dict[str, Table]:
    """The tables by their names."""
    found: dict[str, Table] = dynamodb_backends[ACCOUNT_ID][REGION].tables
    return found

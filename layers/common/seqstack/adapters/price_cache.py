"""A cache of AWS's prices in the ledger's table, kept for a day.

`pk` is `PRICE#<instance type>`, `sk` the availability zone or `onDemand`; the partition has no
other items.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from seqstack.adapters.ledger_table import Item, LedgerTable
from seqstack.domain.cost.prices import HourlyPrice, KnownPrice, PriceChange

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource


class PriceCache:
    """Reads and writes of the prices in one ledger table."""

    def __init__(self, table_name: str, resource: "DynamoDBServiceResource | None" = None) -> None:
        self._table = LedgerTable(table_name, resource)

    def find(self, instance_type: str, market: str) -> KnownPrice | None:
        """The price of a type in a zone, or on demand; DynamoDB may delete expired items late."""
        item = self._table.get(_key(instance_type, market))
        return None if item is None else _price(item)

    def keep(self, instance_type: str, market: str, price: KnownPrice, expires_at: int) -> None:
        """Store a price until `expires_at` (epoch seconds), unless a longer one is known."""
        self._table.update(
            _key(instance_type, market),
            "SET changes = :changes, #source = :source, knownUntil = :until, expiresAt = :expires",
            {
                ":changes": [
                    {"at": change.at, "usdPerHour": change.usd_per_hour}
                    for change in price.price.changes
                ],
                ":source": price.price.source,
                ":until": price.known_until,
                ":expires": expires_at,
            },
            condition="attribute_not_exists(pk) OR knownUntil < :until",
        )


def _key(instance_type: str, market: str) -> Item:
    return {"pk": f"PRICE#{instance_type}", "sk": market}


def _price(item: Mapping[str, Any]) -> KnownPrice:
    changes = (
        PriceChange(int(change["at"]), Decimal(change["usdPerHour"])) for change in item["changes"]
    )
    return KnownPrice(HourlyPrice(tuple(changes), item["source"]), int(item["knownUntil"]))

"""Results of finished steps in the ledger's table, by cache key.

`pk` is `CACHE#<key>`, `sk` is `CACHE`; the partition has no other items.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from seqstack.adapters.ledger_items import stored_object, stored_value
from seqstack.adapters.ledger_table import Item, LedgerTable
from seqstack.domain.manifest import Manifest
from seqstack.domain.step_warnings import parse_warnings

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource


class StepCache:
    """Reads and writes of the cached results in one ledger table."""

    def __init__(self, table_name: str, resource: "DynamoDBServiceResource | None" = None) -> None:
        self._table = LedgerTable(table_name, resource)

    def find(self, key: str) -> Manifest | None:
        """The newest manifest under a key; its objects may have changed since."""
        item = self._table.get(_key(key))
        return None if item is None else _manifest(item)

    def remember(self, key: str, manifest: Manifest) -> bool:
        """Store a manifest; False, without a change, if the key has one that is as new."""
        return (
            self._table.update(
                _key(key),
                "SET runId = :run, step = :step, tool = :tool, createdAt = :created,"
                " manifest = :manifest, toolVersions = :versions, warnings = :warnings",
                {
                    ":run": manifest.run_id,
                    ":step": manifest.step,
                    ":tool": manifest.tool,
                    ":created": manifest.created_at,
                    ":manifest": [stored_value(item) for item in manifest.outputs],
                    ":versions": dict(manifest.tool_versions),
                    ":warnings": [each.as_document() for each in manifest.warnings],
                },
                condition="attribute_not_exists(pk) OR createdAt < :created",
            )
            is not None
        )


def _key(key: str) -> Item:
    return {"pk": f"CACHE#{key}", "sk": "CACHE"}


def _manifest(item: Mapping[str, Any]) -> Manifest:
    return Manifest(
        run_id=item["runId"],
        step=item["step"],
        tool=item["tool"],
        created_at=item["createdAt"],
        outputs=tuple(map(stored_object, item["manifest"])),
        tool_versions=item["toolVersions"],
        warnings=parse_warnings(item.get("warnings", ())),
    )

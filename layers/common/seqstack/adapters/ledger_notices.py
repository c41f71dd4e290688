"""Which ends have been told: one item for each end, whose first writer is the one who tells.

`pk` is that of the run, or `COHORT#<cohortId>`; `sk` is `END#<redrive>`.
"""

from collections.abc import Mapping
from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import Item, LedgerTable
from seqstack.domain.notices import EndId, EndKind, Notice

END_PREFIX = "END#"


class NoticeRows:
    """Reads and writes of the rows of told ends."""

    _table: LedgerTable

    def notice(self, end: EndId) -> Notice | None:
        """What is known of telling an end, or None if nobody took it on."""
        item = self._table.get(_key(end))
        return None if item is None else notice_row(item)

    def claim_notice(self, end: EndId, now: str) -> bool:
        """Take on to tell of an end; False if somebody has."""
        updated = self._table.update(
            _key(end),
            "SET endKind = :kind, endName = :name, redrive = :redrive, claimedAt = :now"
            " REMOVE releasedAt",
            {":kind": end.kind, ":name": end.name, ":redrive": end.redrive, ":now": now},
            condition="attribute_not_exists(pk) OR attribute_exists(releasedAt)",
        )
        return updated is not None

    def confirm_notice(self, end: EndId, message_id: str) -> None:
        """Write down which message has told of an end; the first stays."""
        self._table.update(
            _key(end),
            "SET messageId = :id",
            {":id": message_id},
            condition="attribute_exists(pk) AND attribute_not_exists(messageId)",
        )

    def release_notice(self, end: EndId, now: str) -> None:
        """Give a claim back, of a message that was surely not sent."""
        self._table.update(
            _key(end),
            "SET releasedAt = :now",
            {":now": now},
            condition="attribute_exists(pk) AND attribute_not_exists(messageId)",
        )


def _key(end: EndId) -> Item:
    pk = items.run_key(end.name)["pk"] if end.kind is EndKind.RUN else f"COHORT#{end.name}"
    return {"pk": pk, "sk": f"{END_PREFIX}{end.redrive:02}"}


def notice_row(item: Mapping[str, Any]) -> Notice:
    """Read the item of a told end."""
    return Notice(
        end=EndId(EndKind(item["endKind"]), item["endName"], int(item["redrive"])),
        claimed_at=item["claimedAt"],
        message_id=item.get("messageId", ""),
        is_open="releasedAt" in item,
    )

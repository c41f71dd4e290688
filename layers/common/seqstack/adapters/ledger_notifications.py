"""Records of notifications, one item for each; its first writer sends the message.

`pk` is that of the run, or `COHORT#<cohortId>`; `sk` is `END#<redrive>`.
"""

from collections.abc import Mapping
from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import Item, LedgerTable
from seqstack.domain.notifications import NotificationId, NotificationKind, NotificationRecord

NOTIFICATION_PREFIX = "END#"


class NotificationRows:
    """Reads and writes of the rows of notifications."""

    _table: LedgerTable

    def notification(self, key: NotificationId) -> NotificationRecord | None:
        """The record of a notification, or None if it was never claimed."""
        item = self._table.get(_key(key))
        return None if item is None else notification_record(item)

    def claim_notification(self, key: NotificationId, now: str) -> bool:
        """Claim a notification; False if another call has."""
        updated = self._table.update(
            _key(key),
            "SET endKind = :kind, endName = :name, redrive = :redrive, claimedAt = :now"
            " REMOVE releasedAt",
            {":kind": key.kind, ":name": key.name, ":redrive": key.redrive, ":now": now},
            condition="attribute_not_exists(pk) OR attribute_exists(releasedAt)",
        )
        return updated is not None

    def confirm_notification(self, key: NotificationId, message_id: str) -> None:
        """Record the message that was sent; the first record stays."""
        self._table.update(
            _key(key),
            "SET messageId = :id",
            {":id": message_id},
            condition="attribute_exists(pk) AND attribute_not_exists(messageId)",
        )

    def release_notification(self, key: NotificationId, now: str) -> None:
        """Release the claim of a message that was certainly not sent."""
        self._table.update(
            _key(key),
            "SET releasedAt = :now",
            {":now": now},
            condition="attribute_exists(pk) AND attribute_not_exists(messageId)",
        )


def _key(key: NotificationId) -> Item:
    pk = items.run_key(key.name)["pk"] if key.kind is NotificationKind.RUN else f"COHORT#{key.name}"
    return {"pk": pk, "sk": f"{NOTIFICATION_PREFIX}{key.redrive:02}"}


def notification_record(item: Mapping[str, Any]) -> NotificationRecord:
    """Read the item of a notification."""
    return NotificationRecord(
        id=NotificationId(NotificationKind(item["endKind"]), item["endName"], int(item["redrive"])),
        claimed_at=item["claimedAt"],
        message_id=item.get("messageId", ""),
        is_open="releasedAt" in item,
    )

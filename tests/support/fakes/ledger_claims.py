"""Claims of results folders and of notifications."""

from dataclasses import replace

from seqstack.domain.claims import Claim, Taking, Waiting
from seqstack.domain.notifications import NotificationId, NotificationRecord
from tests.support.fakes.ledger_rows import LedgerRows


class FakeClaims(LedgerRows):
    """As `ClaimRows` and `NotificationRows` of `seqstack.adapters`."""

    def claim(self, folder: str) -> Claim | None:
        return self.claims.get(folder)

    def take_claim(self, taking: Taking) -> bool:
        claim, over = taking.claim, taking.over
        now = self.claims.get(claim.folder)
        if (now and now.run_id) != (over and over.run_id):
            return False
        if over and over.run_id == claim.run_id:
            return True
        holder = self.runs.get(over.run_id) if over else None
        if holder and not holder.state.is_terminal:
            return False
        self.claims[claim.folder] = claim
        return True

    def keep_waiting(self, waiting: Waiting, expires_at: int) -> None:
        self.waits[waiting.folder, waiting.run_id, waiting.step] = waiting

    def waiting(self, folder: str) -> list[Waiting]:
        found = [one for one in self.waits.values() if one.folder == folder]
        return sorted(found, key=lambda one: f"{one.run_id}#{one.step}")

    def stop_waiting(self, waiting: Waiting) -> bool:
        key = (waiting.folder, waiting.run_id, waiting.step)
        if self.waits.get(key) != waiting:
            return False
        del self.waits[key]
        return True

    def notification(self, end: NotificationId) -> NotificationRecord | None:
        return self.notifications.get(end)

    def claim_notification(self, end: NotificationId, now: str) -> bool:
        known = self.notifications.get(end)
        if known and not known.is_open:
            return False
        self.notifications[end] = NotificationRecord(end, now)
        return True

    def confirm_notification(self, end: NotificationId, message_id: str) -> None:
        known = self.notifications.get(end)
        if known and not known.message_id:
            self.notifications[end] = replace(known, message_id=message_id)

    def release_notification(self, end: NotificationId, now: str) -> None:
        known = self.notifications.get(end)
        if known and not known.message_id:
            self.notifications[end] = replace(known, is_open=True)

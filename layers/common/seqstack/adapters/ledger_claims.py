"""Claims of results folders in the ledger, and the steps that wait for their holder.

`pk` is `RESULTS#<folder>`. `sk` is `CLAIM` for the claim, which names the last run that took it. It
is valid while that run's row is RUNNING, so the write that ends a run also ends its claim. A
waiting step has `WAIT#<runId>#<step>`.
"""

from collections.abc import Iterable
from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import Check, Item, LedgerTable, Put, Update, Write
from seqstack.domain.claims import Claim, Taking, Waiting
from seqstack.domain.words import RunState

_CLAIM = "CLAIM"
_WAIT = "WAIT#"


def claim_writes(taking: Taking | None) -> list[Write]:
    """The writes of a transaction that take a claim; empty for a run without one."""
    if taking is None:
        return []
    claim, over = taking.claim, taking.over
    key = _key(claim.folder, _CLAIM)
    values: dict[str, Any] = {":run": claim.run_id, ":work": claim.work_key}
    if over is None:
        return [Put({**key, "runId": claim.run_id, "workKey": claim.work_key})]
    if over.run_id == claim.run_id:
        return [Check(key, "runId = :run", {":run": claim.run_id})]
    return [
        Update(
            key,
            "SET runId = :run, workKey = :work",
            {**values, ":over": over.run_id},
            "runId = :over",
        ),
        # it may have been redriven since it was read
        Check(
            items.run_key(over.run_id),
            "attribute_not_exists(pk) OR runState <> :running",
            {":running": RunState.RUNNING},
        ),
    ]


class ClaimRows:
    """Reads and writes of claims."""

    _table: LedgerTable

    def claim(self, folder: str) -> Claim | None:
        """The claim of a folder; its run may have ended."""
        item = self._table.get(_key(folder, _CLAIM))
        return Claim(folder, item["runId"], item["workKey"]) if item else None

    def take_claim(self, taking: Taking) -> bool:
        """Take a claim for a run that is running; False if it has changed since it was read."""
        return self._table.write_all(claim_writes(taking))

    def keep_waiting(self, waiting: Waiting, expires_at: int) -> None:
        """Store the newest token of a waiting step, until `expires_at`, in epoch seconds."""
        self._table.update(
            _wait_key(waiting),
            "SET runId = :run, step = :step, taskToken = :token, expiresAt = :at",
            {
                ":run": waiting.run_id,
                ":step": waiting.step,
                ":token": waiting.token,
                ":at": expires_at,
            },
            condition="attribute_not_exists(taskToken) OR taskToken <> :token",
        )

    def waiting(self, folder: str) -> list[Waiting]:
        """The steps that wait for the holder of a folder."""
        return [*_waiting(folder, self._table.query(_key(folder, "")["pk"]))]

    def stop_waiting(self, waiting: Waiting) -> bool:
        """Remove a waiting step; False if it is not waiting, or has another token now."""
        updated = self._table.update(
            _wait_key(waiting),
            "REMOVE taskToken",
            {":token": waiting.token},
            condition="taskToken = :token",
        )
        return updated is not None


def _waiting(folder: str, found: Iterable[Item]) -> Iterable[Waiting]:
    for item in found:
        if item["sk"].startswith(_WAIT) and "taskToken" in item:
            yield Waiting(folder, item["runId"], item["step"], item["taskToken"])


def _key(folder: str, sk: str) -> Item:
    return {"pk": f"RESULTS#{folder}", "sk": sk}


def _wait_key(waiting: Waiting) -> Item:
    return _key(waiting.folder, f"{_WAIT}{waiting.run_id}#{waiting.step}")

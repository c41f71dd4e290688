"""What the runs of a cohort have cost together, and its budget.

The sums have the cohort's partition, `pk` `COHORT#<cohortId>`, and `sk` `SPENT#<shard>`. A job's
cost is added to one in the transaction that records it for the job, so it is never counted twice.
There are several because such transactions conflict if they meet at an item: a run adds to the sum
that its id chooses.
"""

from decimal import Decimal
from zlib import crc32

from seqstack.adapters.ledger_table import Item, LedgerTable, Update
from seqstack.domain.cohort_record import is_run_of
from seqstack.domain.cost.totals import Cost
from seqstack.domain.words import RunState

_SHARDS = 16
_PREFIX = "SPENT#"


class SpendingRows:
    """Reads and writes of the costs of cohorts."""

    _table: LedgerTable

    def spent(self, cohort_id: str) -> Decimal:
        """US dollars that are recorded as the cost of the cohort's runs, in all its executions."""
        found = self._table.query(_partition(cohort_id), _PREFIX)
        return sum((item["costUsd"] for item in found), Decimal(0))

    def meet_budget(self, cohort_id: str, now: str) -> bool:
        """Note that the cohort has spent its budget, if it has, in place of starting more samples.

        Returns:
            True if this call has noted it; False if there is no budget, it is not spent, or this
            was known.
        """
        key = {"pk": _partition(cohort_id), "sk": "COHORT"}
        item = self._table.get(key)
        if not item or "budgetUsd" not in item or "budgetMetAt" in item:
            return False
        if item.get("costBefore", 0) + self.spent(cohort_id) < item["budgetUsd"]:
            return False
        noted = self._table.update(
            key,
            "SET budgetMetAt = :now",
            {":now": now, ":arn": item["executionArn"], ":running": RunState.RUNNING},
            condition="executionArn = :arn AND cohortState = :running"
            " AND attribute_exists(budgetUsd) AND attribute_not_exists(budgetMetAt)",
        )
        return noted is not None


def spending_of(run_id: str, cohort_id: str, added: Cost) -> list[Update]:
    """The change of a cohort's sums by the cost of a run; none for a run that it has not started.

    Any run may name a cohort in its input.
    """
    if not cohort_id or not added.usd or not is_run_of(cohort_id, run_id):
        return []
    shard = crc32(run_id.encode()) % _SHARDS
    key: Item = {"pk": _partition(cohort_id), "sk": f"{_PREFIX}{shard:02}"}
    return [Update(key, "ADD costUsd :usd", {":usd": added.usd})]


def _partition(cohort_id: str) -> str:
    return f"COHORT#{cohort_id}"

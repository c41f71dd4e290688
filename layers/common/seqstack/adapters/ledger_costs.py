"""Hosts, usage and costs of jobs in the ledger.

A host's item has its own partition, `pk` `HOST#<container instance>` and `sk` `HOST`, and expires.
Many jobs run on one host, and its instance is terminated soon after the last of them.
"""

from decimal import Decimal
from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_spending import spending_of
from seqstack.adapters.ledger_table import Item, LedgerTable, Update
from seqstack.domain.cost.account import JobAccount
from seqstack.domain.cost.documents import (
    account_document,
    host_document,
    host_of,
    orchestration_document,
    step_cost_key,
)
from seqstack.domain.cost.hosts import Host
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.totals import Cost
from seqstack.domain.job_record import JobKey


class CostRows:
    """Reads and writes of hosts, and of the accounts on the rows of jobs, steps and runs."""

    _table: LedgerTable

    def host(self, container_instance: str) -> Host | None:
        """A host that a job has run on, or None if it is unknown."""
        item = self._table.get(_host_key(container_instance))
        return None if item is None else host_of(item)

    def keep_host(self, container_instance: str, host: Host, expires_at: int) -> None:
        """Store a host until `expires_at` (epoch seconds); a known one stays unchanged."""
        document = host_document(host)
        self._table.update(
            _host_key(container_instance),
            _set({**document, "expiresAt": expires_at}),
            {":expiresAt": expires_at, **{f":{name}": value for name, value in document.items()}},
            condition="attribute_not_exists(pk) OR attribute_not_exists(purchaseOption)",
        )

    def record_account(
        self, key: JobKey, account: JobAccount, known: JobAccount | None, cohort_id: str = ""
    ) -> bool:
        """Replace a job's known account; add the difference to its step, run and cohort.

        Returns:
            False, without a change, if the job's row has another account now.
        """
        document: dict[str, Any] = account_document(account)
        added = account.cost - (known.cost if known else Cost())
        values = {f":{name}": value for name, value in document.items()}
        if known is None:
            condition = "attribute_exists(pk) AND attribute_not_exists(attempts)"
        else:
            condition = "attempts = :known"
            values[":known"] = account_document(known)["attempts"]
        return self._table.write_all(
            [
                Update(items.job_key(key), _set(document), values, condition),
                _add(items.step_key(key.run_id, key.step), added),
                _add(items.run_key(key.run_id), added, step_cost_key(key.step)),
                *spending_of(key.run_id, cohort_id, added),
            ]
        )

    def record_orchestration(self, run_id: str, counted: Orchestration) -> bool:
        """Write a run's orchestration; add the difference to its cost, and its cohort's.

        Returns:
            False, without a change, if it was known already.
        """
        document = orchestration_document(counted)
        item = self._table.get(items.run_key(run_id)) or {}
        known = item.get("orchestration")
        if known == document:
            return False
        added = document["costUsd"] - (known["costUsd"] if known else 0)
        of_run = Update(
            items.run_key(run_id),
            "SET orchestration = :counted ADD costUsd :usd, unpricedAttempts :none",
            {":counted": document, ":usd": added, ":none": 0, ":known": known},
            "orchestration = :known OR attribute_not_exists(orchestration)",
        )
        of_cohort = spending_of(run_id, item.get("cohortId", ""), Cost(added))
        if of_cohort:
            return self._table.write_all([of_run, *of_cohort])
        return self._table.apply(of_run) is not None  # a transaction would take twice the units


def _host_key(container_instance: str) -> Item:
    return {"pk": f"HOST#{container_instance}", "sk": "HOST"}


def _set(document: Item) -> str:
    return "SET " + ", ".join(f"#{name} = :{name}" for name in document)


def _add(key: Item, cost: Cost, *parts: str) -> Update:
    """Add to the cost of a row, and of its `parts`."""
    sums = ", ".join(f"{name} :usd" for name in ("costUsd", *parts))
    values: dict[str, Decimal | int] = {":usd": cost.usd, ":unpriced": cost.unpriced_attempts}
    expression = f"ADD {sums}, unpricedAttempts :unpriced"
    return Update(key, expression, values, "attribute_exists(pk)")

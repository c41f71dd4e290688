"""The ledger: one DynamoDB table with every run, step and job. Every write is conditional."""

from typing import TYPE_CHECKING

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_claims import ClaimRows
from seqstack.adapters.ledger_cohorts import CohortRows
from seqstack.adapters.ledger_costs import CostRows
from seqstack.adapters.ledger_jobs import JobRows
from seqstack.adapters.ledger_notifications import (
    NOTIFICATION_PREFIX,
    NotificationRows,
    notification_record,
)
from seqstack.adapters.ledger_runs import RunRows
from seqstack.adapters.ledger_spending import SpendingRows
from seqstack.adapters.ledger_steps import StepRows
from seqstack.adapters.ledger_table import LedgerTable
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.records import RunHistory

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource


class Ledger(
    RunRows, StepRows, JobRows, CostRows, SpendingRows, NotificationRows, ClaimRows, CohortRows
):
    """Reads and writes of one ledger table."""

    def __init__(self, table_name: str, resource: "DynamoDBServiceResource | None" = None) -> None:
        self._name = table_name
        self._table = LedgerTable(table_name, resource)

    def history(self, run_id: str) -> RunHistory:
        """A run with all its steps and jobs, by one Query.

        Raises:
            UnknownRunError: the ledger has no such run.
        """
        found = self._table.query(items.run_key(run_id)["pk"])
        runs = [item for item in found if item["sk"] == items.RUN_SK]
        if not runs:
            raise UnknownRunError(f"the ledger {self._name} has no run {run_id}")
        steps = [items.step_row(item) for item in found if item["sk"].startswith(items.STEP_PREFIX)]
        jobs = [items.job_row(item) for item in found if item["sk"].startswith(items.JOB_PREFIX)]
        notifications = [
            notification_record(item)
            for item in found
            if item["sk"].startswith(NOTIFICATION_PREFIX)
        ]
        steps.sort(key=lambda row: (row.plan.position, row.step))
        order = {row.step: number for number, row in enumerate(steps)}
        jobs.sort(
            key=lambda row: (order.get(row.key.step, len(order)), row.key.step, row.key.attempt)
        )
        return RunHistory(
            run=items.run_row(runs[0]),
            steps=tuple(steps),
            jobs=tuple(jobs),
            notifications=tuple(notifications),
        )

"""The jobs in the ledger."""

from typing import Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import LedgerTable
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import TERMINAL_PROGRESS, JobKey, JobRecord
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState


class JobRows:
    """Reads and writes of the rows of jobs."""

    _name: str
    _table: LedgerTable

    def job(self, key: JobKey) -> JobRow | None:
        """One job, or None if it has no row."""
        item = self._table.get(items.job_key(key))
        return None if item is None else items.job_row(item)

    def arm_job(self, key: JobKey, plan: StepPlan, token: str) -> tuple[JobRow, bool]:
        """Store the token that waits for the job's end, before the job is submitted.

        Returns:
            The row, and True if this call created it. An existing row keeps its other attributes
            and gets the new token.
        """
        fresh = JobRow(
            key=key,
            tool=plan.tool,
            state=JobState.SUBMITTING,
            task_token=token,
            job_queue=plan.job_queue,
            memory_mib=plan.memory_mib,
        )
        if self._table.put_new(items.job_item(fresh)):
            return fresh, True
        row = self._table.update(
            items.job_key(key),
            "SET taskToken = :token, tokenAnswered = :no",
            {":token": token, ":no": False},
            condition="attribute_exists(pk)",
        )
        assert row is not None  # noqa: S101 - it existed a moment ago and rows are not deleted
        return items.job_row(row), False

    def record_submission(self, key: JobKey, job_id: str) -> JobRow:
        """Write the job's Batch id. If an event came first, its newer state stays."""
        self._table.update(
            items.job_key(key),
            "SET #state = :submitted, progress = :progress",
            {":submitted": JobState.SUBMITTED, ":progress": JobState.SUBMITTED.rank},
            condition="progress < :progress",
        )
        row = self._table.update(
            items.job_key(key),
            "SET jobId = if_not_exists(jobId, :id)",
            {":id": job_id},
            condition="attribute_exists(pk)",
        )
        assert row is not None  # noqa: S101 - the row was armed before the submission
        return items.job_row(row)

    def record_job(self, key: JobKey, job: JobRecord, failure: Failure | None) -> JobRow | None:
        """Record a job's state in Batch, unless the ledger has a later one.

        Returns:
            The row with the new state; None for a repeated, late or foreign record.
        """
        values: dict[str, Any] = {
            "state": job.state,
            "progress": job.progress,
            "jobId": job.job_id,
            "batchAttempts": job.batch_attempts,
            "statusReason": job.status_reason or None,
            "exitCode": job.exit_code,
            "logStream": job.log_stream or None,
            "createdAt": job.created_at,
            "jobStartedAt": job.started_at,
            "jobStoppedAt": job.stopped_at,
            "failure": items.failure_value(failure) if failure else None,
        }
        known = {name: value for name, value in values.items() if value is not None}
        item = self._table.update(
            items.job_key(key),
            "SET " + ", ".join(f"#{name} = :{name}" for name in known),
            {f":{name}": value for name, value in known.items()},
            condition="progress < :progress AND (attribute_not_exists(jobId) OR jobId = :jobId)",
        )
        return None if item is None else items.job_row(item)

    def note_waiting(self, key: JobKey, job: JobRecord) -> None:
        """Record why a job at the head of its queue gets no host, unless it has started."""
        self._table.update(
            items.job_key(key),
            "SET statusReason = :reason",
            {":reason": job.status_reason, ":progress": job.progress},
            condition="progress <= :progress",
        )

    def reject_job(self, key: JobKey, failure: Failure) -> None:
        """End a job that AWS Batch refused; has no effect on a job that Batch accepted."""
        self._table.update(
            items.job_key(key),
            "SET #state = :failed, progress = :last, failure = :failure",
            {
                ":failed": JobState.FAILED,
                ":last": TERMINAL_PROGRESS,
                ":failure": items.failure_value(failure),
            },
            condition="attribute_exists(pk) AND attribute_not_exists(jobId)",
        )

    def claim_token(self, key: JobKey, token: str) -> bool:
        """Claim the answer of a job's newest token; False if it is another or claimed already."""
        updated = self._table.update(
            items.job_key(key),
            "SET tokenAnswered = :yes",
            {":yes": True, ":no": False, ":token": token},
            condition="taskToken = :token AND tokenAnswered = :no",
        )
        return updated is not None

    def release_token(self, key: JobKey, token: str) -> None:
        """Release a claimed token for the next call; has no effect on a newer token."""
        self._table.update(
            items.job_key(key),
            "SET tokenAnswered = :no",
            {":no": False, ":token": token},
            condition="taskToken = :token",
        )

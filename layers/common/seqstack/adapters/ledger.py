"""The ledger: one DynamoDB table with every run, step and job. Every write is conditional."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from seqstack.adapters import ledger_items as items
from seqstack.adapters.ledger_table import LedgerTable
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import TERMINAL_PROGRESS, JobKey, JobRecord
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow, RunHistory, RunRow, StepRow
from seqstack.domain.words import JobState, RunState, Step, StepState

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBServiceResource

_OPEN_STEPS = {":pending": StepState.PENDING, ":running": StepState.RUNNING}


class Ledger:
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
        order = list(Step)
        return RunHistory(
            run=items.run_row(runs[0]),
            steps=tuple(sorted(steps, key=lambda row: order.index(row.step))),
            jobs=tuple(sorted(jobs, key=lambda row: (order.index(row.key.step), row.key.attempt))),
        )

    def step(self, run_id: str, step: Step) -> StepRow:
        """One step of a run.

        Raises:
            UnknownRunError: the ledger has no such run or step.
        """
        item = self._table.get(items.step_key(run_id, step))
        if item is None:
            raise UnknownRunError(f"the ledger {self._name} has no step {step} of run {run_id}")
        return items.step_row(item)

    def job(self, key: JobKey) -> JobRow | None:
        """One job, or None if it was never armed."""
        item = self._table.get(items.job_key(key))
        return None if item is None else items.job_row(item)

    def open_run(self, run: RunRow, steps: Iterable[StepRow]) -> bool:
        """Write a new run and its steps, all or nothing.

        Returns:
            True if the run is now this execution's (also when an earlier call wrote it already),
            False if another execution has used the run's id.
        """
        if self._table.put_all_new([items.run_item(run), *map(items.step_item, steps)]):
            return True
        existing = self._table.get(items.run_key(run.run_id))
        return existing is not None and existing.get("executionArn") == run.execution_arn

    def arm_job(self, key: JobKey, plan: StepPlan, token: str) -> tuple[JobRow, bool]:
        """Write down the token that waits for the job's end, before anything is submitted.

        Returns:
            The row as it is now, and True if this call made it. A row that was there keeps all it
            knows and gets the new token.
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
        """Write the job's Batch id. An event may have come first; it knows more and stays."""
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

    def record_job(self, key: JobKey, job: JobRecord, failure: Failure | None) -> bool:
        """Take over what Batch says of a job, unless the ledger knows a later state.

        Returns:
            True if this moved the job on; False for a repeated, late or foreign record.
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
        return (
            self._table.update(
                items.job_key(key),
                "SET " + ", ".join(f"#{name} = :{name}" for name in known),
                {f":{name}": value for name, value in known.items()},
                condition="progress < :progress"
                " AND (attribute_not_exists(jobId) OR jobId = :jobId)",
            )
            is not None
        )

    def note_waiting(self, key: JobKey, job: JobRecord) -> None:
        """Tell why a job that waits at the head of its queue gets no host, unless it got one."""
        self._table.update(
            items.job_key(key),
            "SET statusReason = :reason",
            {":reason": job.status_reason, ":progress": job.progress},
            condition="progress <= :progress",
        )

    def reject_job(self, key: JobKey, failure: Failure) -> None:
        """End a job that AWS Batch refused; one that Batch has taken stays."""
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
        """Take on the answer of a job's newest token; False if it is not this or is taken."""
        updated = self._table.update(
            items.job_key(key),
            "SET tokenAnswered = :yes",
            {":yes": True, ":no": False, ":token": token},
            condition="taskToken = :token AND tokenAnswered = :no",
        )
        return updated is not None

    def release_token(self, key: JobKey, token: str) -> None:
        """Give a claimed token back, for the next call to answer; a newer token's stays."""
        self._table.update(
            items.job_key(key),
            "SET tokenAnswered = :no",
            {":no": False, ":token": token},
            condition="taskToken = :token",
        )

    def start_step(self, run_id: str, step: Step, attempt: int) -> None:
        """Move a step to RUNNING with its newest attempt; an ended step stays."""
        self._table.update(
            items.step_key(run_id, step),
            "SET #state = :running, attempt = :attempt",
            {**_OPEN_STEPS, ":attempt": attempt},
            condition="#state IN (:pending, :running)",
        )

    def reuse_step(self, key: JobKey, reused_from: str) -> bool:
        """End a step with what another run has made, in place of the job `key`.

        Returns:
            False if the step has ended, or that job is under way.
        """
        updated = self._table.update(
            items.step_key(key.run_id, key.step),
            "SET #state = :succeeded, reusedFrom = :run",
            {
                **_OPEN_STEPS,
                ":succeeded": StepState.SUCCEEDED,
                ":run": reused_from,
                ":attempt": key.attempt,
            },
            condition="#state = :pending OR (#state = :running AND attempt < :attempt)",
        )
        return updated is not None

    def finish_step(self, run_id: str, step: Step, failure: Failure | None = None) -> bool:
        """End a step, with success or with its failure; False if it had ended before."""
        return (
            self._table.update(
                items.step_key(run_id, step),
                "SET #state = :state" + (", failure = :failure" if failure else ""),
                {
                    **_OPEN_STEPS,
                    ":state": StepState.FAILED if failure else StepState.SUCCEEDED,
                    **({":failure": items.failure_value(failure)} if failure else {}),
                },
                condition="#state IN (:pending, :running)",
            )
            is not None
        )

    def finish_run(self, ended: RunRow) -> bool:
        """End a run with the state, time and failure of `ended`.

        Returns:
            False if the run had ended before, was never written, is another execution's, or was
            redriven since.
        """
        failure = ended.failure
        return (
            self._table.update(
                items.run_key(ended.run_id),
                "SET runState = :state, endedAt = :ended"
                + (", failure = :failure" if failure else ""),
                {
                    ":state": ended.state,
                    ":ended": ended.ended_at,
                    ":running": RunState.RUNNING,
                    ":arn": ended.execution_arn,
                    ":redrive": ended.redrive,
                    **({":failure": items.failure_value(failure)} if failure else {}),
                },
                condition="runState = :running AND executionArn = :arn"
                " AND (attribute_not_exists(redrive) OR redrive <= :redrive)",
            )
            is not None
        )

    def stop_step(self, run_id: str, step: Step) -> bool:
        """End a step that its run's end has overtaken; False if it had ended before."""
        updated = self._table.update(
            items.step_key(run_id, step),
            "SET #state = :stopped",
            {**_OPEN_STEPS, ":stopped": StepState.STOPPED},
            condition="#state IN (:pending, :running)",
        )
        return updated is not None

    def reopen_step(self, run_id: str, step: Step, redrive: int) -> None:
        """Let an ended run and one step of it go on, once for each redrive of its execution."""
        is_newer = "attribute_exists(pk) AND (attribute_not_exists(redrive) OR redrive < :redrive)"
        self._table.update(
            items.run_key(run_id),
            "SET runState = :running, redrive = :redrive REMOVE endedAt, failure, expiresAt",
            {":running": RunState.RUNNING, ":redrive": redrive},
            condition=is_newer,
        )
        self._table.update(
            items.step_key(run_id, step),
            "SET #state = :pending, redrive = :redrive REMOVE failure, expiresAt",
            {
                ":pending": StepState.PENDING,
                ":redrive": redrive,
                ":succeeded": StepState.SUCCEEDED,
            },
            condition=f"{is_newer} AND #state <> :succeeded",
        )

    def run(self, run_id: str) -> RunRow:
        """One run without its steps and jobs.

        Raises:
            UnknownRunError: the ledger has no such run.
        """
        item = self._table.get(items.run_key(run_id))
        if item is None:
            raise UnknownRunError(f"the ledger {self._name} has no run {run_id}")
        return items.run_row(item)

    def runs_in_state(self, state: RunState, started_after: str = "") -> list[RunRow]:
        """Runs in one state that started after a time (as `utc_text` writes it), oldest first."""
        found = self._table.query_index("ByState", "runState", state, "startedAt", started_after)
        return [items.run_row(item) for item in found]

    def expire_run(self, run_id: str, expires_at: int) -> None:
        """Let DynamoDB delete a run with its steps and jobs at `expires_at`, in epoch seconds."""
        for item in self._table.query(items.run_key(run_id)["pk"]):
            self._table.update(
                {"pk": item["pk"], "sk": item["sk"]},
                "SET expiresAt = :at",
                {":at": expires_at},
                condition="attribute_exists(pk)",
            )

    def write_rejected_run(self, run: RunRow) -> bool:
        """Write a run that ended before it began; False if the run is known already."""
        item = {**items.run_item(run), "endedAt": run.ended_at}
        if run.failure:
            item["failure"] = items.failure_value(run.failure)
        if not run.sample_id:
            del item["runSample"]  # an index key can't be empty
        return self._table.put_new(item)

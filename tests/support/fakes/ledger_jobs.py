"""The rows of jobs."""

from dataclasses import replace

from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from tests.support.fakes.ledger_rows import LedgerRows


class FakeJobs(LedgerRows):
    """As `seqstack.adapters.ledger_jobs.JobRows`."""

    def job(self, key: JobKey) -> JobRow | None:
        return self.jobs.get(key)

    def arm_job(self, key: JobKey, plan: StepPlan, token: str) -> tuple[JobRow, bool]:
        is_new = key not in self.jobs
        row = self.jobs.get(key) or JobRow(
            key, plan.tool, JobState.SUBMITTING, token, plan.job_queue, plan.memory_mib
        )
        self.jobs[key] = replace(row, task_token=token, token_answered=False)
        self.progress.setdefault(key, JobState.SUBMITTING.rank)
        return self.jobs[key], is_new

    def record_submission(self, key: JobKey, job_id: str) -> JobRow:
        row = self.jobs[key]
        if self.progress[key] < JobState.SUBMITTED.rank:
            self.progress[key] = JobState.SUBMITTED.rank
            row = replace(row, state=JobState.SUBMITTED)
        self.jobs[key] = replace(row, job_id=row.job_id or job_id)
        return self.jobs[key]

    def record_job(self, key: JobKey, job: JobRecord, failure: Failure | None) -> JobRow | None:
        row = self.jobs.get(key)
        if row is None or self.progress[key] >= job.progress:
            return None
        if row.job_id not in {"", job.job_id}:
            return None
        self.progress[key] = job.progress
        self.jobs[key] = replace(
            row,
            state=job.state,
            job_id=job.job_id,
            batch_attempts=job.batch_attempts,
            status_reason=job.status_reason or row.status_reason,
            exit_code=job.exit_code,
            log_stream=job.log_stream,
            created_at=job.created_at,
            started_at=job.started_at,
            stopped_at=job.stopped_at,
            failure=failure,
        )
        return self.jobs[key]

    def note_waiting(self, key: JobKey, job: JobRecord) -> None:
        if key in self.jobs and self.progress[key] <= job.progress:
            self.jobs[key] = replace(self.jobs[key], status_reason=job.status_reason)

    def reject_job(self, key: JobKey, failure: Failure) -> None:
        if not self.jobs[key].job_id:
            self.jobs[key] = replace(self.jobs[key], state=JobState.FAILED, failure=failure)
            self.progress[key] = 1_000_000

    def claim_token(self, key: JobKey, token: str) -> bool:
        row = self.jobs.get(key)
        if row is None or row.task_token != token or row.token_answered:
            return False
        self.jobs[key] = replace(row, token_answered=True)
        return True

    def release_token(self, key: JobKey, token: str) -> None:
        row = self.jobs.get(key)
        if row and row.task_token == token:
            self.jobs[key] = replace(row, token_answered=False)

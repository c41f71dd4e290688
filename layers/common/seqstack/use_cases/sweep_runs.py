"""Repair what lost events have left: runs, jobs and steps that nobody follows any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.words import RunState
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.ports import (
    BatchService,
    Executions,
    Ledger,
    ReadLog,
    TokenAnswers,
)
from seqstack.use_cases.record_job import record_job
from seqstack.use_cases.stop_run import stop_jobs, stop_run

_LOOK_BACK = timedelta(days=16)  # a run lasts 14 days at most, and its last events a day or two


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has repaired."""

    runs_closed: int
    jobs_caught_up: int
    jobs_terminated: int


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Everything a sweep reads and mends."""

    ledger: Ledger
    batch: BatchService
    executions: Executions
    tokens: TokenAnswers
    read_log: ReadLog
    job_queues: Iterable[str]

    def sweep(self, now: datetime) -> Swept:
        """Look at every run of the last days, and at every job in the queues."""
        since = utc_text(now - _LOOK_BACK)
        closed = [
            self._close_if_gone(run, now) for run in self.ledger.runs_in_state(RunState.RUNNING)
        ]
        caught_up = sum(
            self._catch_up(run.run_id) for run in self.ledger.runs_in_state(RunState.RUNNING, since)
        )
        ended = [state for state in RunState if state.is_terminal]
        terminated = [
            job_id
            for state in ended
            for run in self.ledger.runs_in_state(state, since)
            for job_id in stop_jobs(run.run_id, _reason(run.run_id), self.ledger, self.batch)
        ]
        caught_up += sum(
            self._catch_up(run.run_id)
            for state in ended
            for run in self.ledger.runs_in_state(state, since)
        )
        orphans = [job for queue in self.job_queues for job in self._orphans(queue)]
        return Swept(sum(closed), caught_up, len({*terminated, *orphans}))

    def _close_if_gone(self, run: RunRow, now: datetime) -> bool:
        """Close a run whose execution has ended without telling."""
        ended = self.executions.end_of(run, utc_text(now))
        if ended is None:
            return False
        if ended.state is RunState.SUCCEEDED:
            return self.ledger.finish_run(ended)
        failure = ended.failure or Failure("ExecutionGone", "its end was never heard of")
        closed, _ = stop_run(ended, failure, self.ledger, self.batch)
        return closed

    def _catch_up(self, run_id: str) -> int:
        """Ask Batch about every job of a run that the ledger takes for unfinished."""
        moved = 0
        for row in self.ledger.history(run_id).jobs:
            if row.state.is_terminal or not row.job_id:
                continue
            job = self.batch.describe(row.job_id)
            if job is None:
                continue
            newest = record_job(row, job, self.ledger, self.read_log)
            answer_token(newest, self.ledger, self.tokens)
            moved += newest.state is not row.state
        return moved

    def _orphans(self, job_queue: str) -> Iterable[str]:
        """Terminate the jobs of ours in a queue whose run has ended or is not known."""
        for job in self.batch.open_jobs(job_queue):
            if job.key and not self._is_wanted(job.key.run_id):
                self.batch.terminate(job.job_id, _reason(job.key.run_id))
                yield job.job_id

    def _is_wanted(self, run_id: str) -> bool:
        try:
            return not self.ledger.run(run_id).state.is_terminal
        except UnknownRunError:
            return False


def _reason(run_id: str) -> str:
    return f"run {run_id} has ended"

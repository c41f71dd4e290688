"""Repair what lost events have left: runs, jobs and steps that nobody follows any more."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import RunHistory, RunRow, utc_text
from seqstack.domain.words import RunState
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.finish_run import record_run_failure
from seqstack.use_cases.ports import (
    BatchService,
    Executions,
    Ledger,
    ReadLog,
    TokenAnswers,
)
from seqstack.use_cases.record_job import forgotten_job, record_job
from seqstack.use_cases.stop_run import stop_jobs

_LONGEST_RUN = timedelta(days=15)  # an execution's steps may take 14 days
_LOOKED_AT_AGAIN = timedelta(days=1)  # after its end; 24 sweeps


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep has repaired."""

    runs_closed: int
    jobs_caught_up: int
    jobs_terminated: int


@dataclass(frozen=True, slots=True)
class Sweeper:
    """Everything a sweep reads and mends; `let_expire` is told of each run that it closes."""

    ledger: Ledger
    batch: BatchService
    executions: Executions
    tokens: TokenAnswers
    read_log: ReadLog
    job_queues: Iterable[str]
    let_expire: Callable[[str], None]

    def sweep(self, now: datetime) -> Swept:
        """Look at every run that goes on or ended of late, and at every job in the queues."""
        running = self.ledger.runs_in_state(RunState.RUNNING)
        closed = sum(self._close_if_gone(run, now) for run in running)
        caught_up = 0
        terminated: set[str] = set()
        for run_id in dict.fromkeys(run.run_id for run in (*running, *self._ended_of_late(now))):
            history = self.ledger.history(run_id)
            if history.has_open_rows:
                caught_up += self._catch_up(history)
                terminated |= {*stop_jobs(run_id, _reason(run_id), self.ledger, self.batch)}
        for queue in self.job_queues:
            terminated |= {*self._orphans(queue)}
        return Swept(closed, caught_up, len(terminated))

    def _ended_of_late(self, now: datetime) -> Iterator[RunRow]:
        started, ended = utc_text(now - _LONGEST_RUN), utc_text(now - _LOOKED_AT_AGAIN)
        for state in RunState:
            if state.is_terminal:
                found = self.ledger.runs_in_state(state, started)
                yield from (run for run in found if run.ended_at > ended)

    def _close_if_gone(self, run: RunRow, now: datetime) -> bool:
        """Close a run whose execution has ended without telling."""
        ended = self.executions.end_of(run, utc_text(now))
        if ended is None:
            return False
        if ended.state is RunState.SUCCEEDED:
            closed_now = self.ledger.finish_run(ended)
        else:
            failure = ended.failure or Failure("ExecutionGone", "its end was never heard of")
            _, closed_now = record_run_failure(ended, failure, self.ledger)
        if closed_now:
            self.let_expire(run.run_id)
        return closed_now

    def _catch_up(self, history: RunHistory) -> int:
        """Ask Batch about every job of a run that the ledger takes for unfinished.

        Where the run goes on, `get_job_status` sees to a job that Batch does not know (yet).
        """
        moved = 0
        for row in history.jobs:
            if row.state.is_terminal or not row.job_id:
                continue
            job = self.batch.describe(row.job_id)
            if job is None and history.run.state.is_terminal:
                job = forgotten_job(row)
            if job is None:
                continue
            newest = record_job(row, job, self.ledger, self.read_log)
            answer_token(newest, self.ledger, self.tokens)
            moved += newest.state is not row.state
        return moved

    def _orphans(self, job_queue: str) -> Iterator[str]:
        """Terminate the jobs of ours in a queue that no open run has taken for its own."""
        for job in self.batch.open_jobs(job_queue):
            if job.key and not self._is_wanted(job.key, job.job_id):
                self.batch.terminate(job.job_id, _reason(job.key.run_id))
                yield job.job_id

    def _is_wanted(self, key: JobKey, job_id: str) -> bool:
        try:
            if self.ledger.run(key.run_id).state.is_terminal:
                return False
        except UnknownRunError:
            return False
        row = self.ledger.job(key)
        return row is None or row.job_id in {"", job_id}  # else it was submitted twice


def _reason(run_id: str) -> str:
    return f"run {run_id} has ended"

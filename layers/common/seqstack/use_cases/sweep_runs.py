"""Repair the state that lost events have left behind: open runs, jobs and steps.

A sweep of an idle stack reads two pages of an index. A sweep of a busy stack lists running
executions and open jobs, a thousand and a hundred at a time. It makes single requests only for runs
and jobs that are not in those lists, and for redriven executions that ended recently.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from seqstack.domain.duration import LONGEST_RUN
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.job_record import JobKey, JobRecord
from seqstack.domain.notifications import NotificationId
from seqstack.domain.records import JobRow, RunHistory, RunRow, utc_text
from seqstack.domain.words import JobState, RunState
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.catch_up_notifications import NotificationSweep
from seqstack.use_cases.close_run import close_if_gone
from seqstack.use_cases.hold_results import wake_waiting
from seqstack.use_cases.notify_run_end import Notifier
from seqstack.use_cases.ports import (
    BatchService,
    Executions,
    Ledger,
    OnStateChange,
    ReadLog,
    Remember,
    TokenAnswers,
    WrittenBy,
)
from seqstack.use_cases.record_job import forgotten_job, record_job
from seqstack.use_cases.stop_run import stop_jobs

_LOOKED_AT_AGAIN = timedelta(days=1)  # after its end: 24 sweeps
_AT_ONCE = 100  # histories in memory at a time, and Batch's limit of jobs in one call


@dataclass(frozen=True, slots=True)
class Swept:
    """The repairs of a sweep, and the number of runs that it had no time to check."""

    runs_closed: int
    jobs_caught_up: int
    jobs_terminated: int
    runs_left: int = 0
    notifications_sent: int = 0
    notifications_unsure: int = 0

    @property
    def repairs(self) -> int:
        """The number of repairs; 0 if every event arrived."""
        jobs = self.jobs_caught_up + self.jobs_terminated
        return self.runs_closed + jobs + self.notifications_sent + self.notifications_unsure


@dataclass(frozen=True, slots=True)
class Sweeper:
    """A sweep over runs and jobs.

    `on_run_closed` gets each run that the sweep closes, `on_state_change` each job whose change of
    state no event had reported, `on_open_jobs` every open job in Batch, and
    `on_unsure_notifications` each notification that may or may not have been sent. `has_time` says
    whether to continue: runs are in random order, so that none is always skipped.
    """

    ledger: Ledger
    batch: BatchService
    executions: Executions
    tokens: TokenAnswers
    read_log: ReadLog
    written_by: WrittenBy
    remember: Remember
    job_queues: Iterable[str]
    has_time: Callable[[], bool]
    on_run_closed: Callable[[RunRow], object]
    on_state_change: OnStateChange
    on_open_jobs: Callable[[Iterable[JobRecord]], object]
    notifier: Notifier
    on_unsure_notifications: Callable[[Iterable[NotificationId]], object]

    def sweep(self, now: datetime) -> Swept:
        """Check every run that is running or ended recently, and every job in the queues."""
        running = self.ledger.runs_in_state(RunState.RUNNING)
        open_ended = [*self._not_listed(running), *self._ended_again(now)]
        closed = sum(self._close_if_gone(run, now) for run in open_ended)
        open_jobs = {
            job.job_id: job for queue in self.job_queues for job in self.batch.open_jobs(queue)
        }
        self.on_open_jobs(open_jobs.values())
        run_ids = [*{run.run_id for run in (*running, *self._ended_of_late(now))}]
        random.shuffle(run_ids)
        caught_up = left = 0
        terminated: set[str] = set()
        notifications = NotificationSweep(self.notifier, now)
        for some in batched(run_ids, _AT_ONCE, strict=False):
            if not self.has_time():
                left += len(some)
                continue
            histories = [self.ledger.history(run_id) for run_id in some]
            unfinished = [history for history in histories if history.has_open_rows]
            caught_up += self._catch_up(unfinished, open_jobs)
            for run_id in (history.run.run_id for history in unfinished):
                terminated |= {*stop_jobs(run_id, _reason(run_id), self.ledger, self.batch)}
            for history in histories:
                notifications.look_at(history)
        notifications.look_at_cohorts()
        others = [job for job_id, job in open_jobs.items() if job_id not in terminated]
        terminated |= self._terminate_orphans(others)
        self.on_unsure_notifications(notifications.unsure)
        return Swept(
            closed, caught_up, len(terminated), left, notifications.sent, len(notifications.unsure)
        )

    def _not_listed(self, running: list[RunRow]) -> Iterator[RunRow]:
        """Runs whose execution Step Functions does not list; the list is eventually consistent."""
        listed = self.executions.going_on() if running else frozenset()
        return (run for run in running if run.execution_arn not in listed and self.has_time())

    def _ended_again(self, now: datetime) -> Iterator[RunRow]:
        """Runs whose end in the ledger is earlier than that of their redriven execution.

        If a redrive may no longer write to the run's results folder, the run is not reopened in the
        ledger, so it is in no list of running runs.
        """
        redriven = self.executions.redriven_in_vain(utc_text(now - _LOOKED_AT_AGAIN))
        for run_id, redrive in redriven.items():
            run = self._run(run_id) if self.has_time() else None
            if run and run.state.is_terminal and run.redrive < redrive:
                yield run

    def _run(self, run_id: str) -> RunRow | None:
        try:
            return self.ledger.run(run_id)
        except UnknownRunError:
            return None

    def _ended_of_late(self, now: datetime) -> Iterator[RunRow]:
        started, ended = utc_text(now - LONGEST_RUN), utc_text(now - _LOOKED_AT_AGAIN)
        for state in RunState:
            if state.is_terminal:
                yield from self.ledger.runs_in_state(state, started, ended)

    def _close_if_gone(self, run: RunRow, now: datetime) -> bool:
        """Close a run whose execution's end was not reported."""
        gone = close_if_gone(run, utc_text(now), self.ledger, self.executions)
        if gone is None:
            return False
        ended, closed_now = gone
        if closed_now:
            self.on_run_closed(ended)
            wake_waiting(run.run_id, self.ledger, self.tokens)
        return closed_now

    def _catch_up(self, histories: Iterable[RunHistory], open_jobs: Mapping[str, JobRecord]) -> int:
        """Record Batch's state of every job that is open in the ledger.

        If the run is running, `get_job_status` handles a job that Batch does not know (yet).

        Returns:
            The number of recorded ends; other changes of state do not show that an event was lost.
        """
        rows = [
            (row, history.run.state)
            for history in histories
            for row in history.jobs
            if row.job_id and not row.state.is_terminal
        ]
        unlisted = [row.job_id for row, _ in rows if row.job_id not in open_jobs]
        known = {**open_jobs, **self.batch.describe_all(unlisted)}
        ended = 0
        for row, run_state in rows:
            job = known.get(row.job_id)
            if job is None and run_state.is_terminal:
                job = forgotten_job(row)
            if job is not None:
                ended += self._take_over(row, job)
        return ended

    def _take_over(self, row: JobRow, job: JobRecord) -> bool:
        """Update one job; True if it has ended and its event was lost."""
        news: list[JobRow] = []
        newest = record_job(row, job, self.ledger, self.read_log, news.append, self.written_by)
        answer_token(newest, self.ledger, self.tokens)
        for moved in news:
            self.on_state_change(moved)
            if moved.state is JobState.SUCCEEDED:
                self.remember(moved, self.ledger.history(row.key.run_id))
                wake_waiting(row.key.run_id, self.ledger, self.tokens, row.key.step)
        return any(moved.state.is_terminal for moved in news)

    def _terminate_orphans(self, open_jobs: Iterable[JobRecord]) -> set[str]:
        """Terminate our jobs that belong to no open run; return their ids."""
        orphans = {
            job.job_id
            for job in open_jobs
            if job.key and self.has_time() and not self._is_wanted(job.key, job.job_id)
        }
        self.batch.terminate_all(orphans, "its run has ended")
        return orphans

    def _is_wanted(self, key: JobKey, job_id: str) -> bool:
        run = self._run(key.run_id)
        if run is None or run.state.is_terminal:
            return False
        row = self.ledger.job(key)
        return row is None or row.job_id in {"", job_id}  # otherwise it was submitted twice


def _reason(run_id: str) -> str:
    return f"run {run_id} has ended"

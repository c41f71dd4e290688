"""Complete the accounts of runs that have ended: missing jobs, and the orchestration."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from seqstack.domain.cost.executions import ExecutionCount
from seqstack.domain.cost.run_counts import count_run
from seqstack.domain.duration import LONGEST_RUN
from seqstack.domain.errors import UnknownRunError
from seqstack.domain.records import JobRow, RunHistory, utc_text
from seqstack.domain.words import JobState, RunState
from seqstack.use_cases.account_job import Accountant
from seqstack.use_cases.ports import AccountLedger

_LOOKED_AT_AGAIN = timedelta(hours=3)  # after its end, every hour

type DescribeJob = Callable[[str], Mapping[str, Any] | None]
type CountExecutions = Callable[[str], ExecutionCount | None]


@dataclass(frozen=True, slots=True)
class RunAccountant:
    """Completes the accounts of runs."""

    ledger: AccountLedger
    accountant: Accountant
    describe_job: DescribeJob
    count_executions: CountExecutions

    def complete_account(self, run_id: str) -> RunHistory | None:
        """Complete the account of an ended run; safe to repeat.

        Events can be lost, and the last lines of a log can arrive after the job's last event.

        Returns:
            The run's new row, or None if the ledger does not have it.
        """
        try:
            history = self.ledger.history(run_id)
        except UnknownRunError:
            return None
        for job in history.jobs:
            self._complete(job)
        executions = self.count_executions(history.run.execution_arn)
        if executions is None:
            return self.ledger.history(run_id)
        history = self.ledger.history(run_id)
        counted = count_run(history, executions)
        self.ledger.record_orchestration(run_id, counted)
        self.accountant.check_budget(history.run.cohort_id)
        return self.ledger.history(run_id)

    def complete_late(self, now: datetime, has_time: Callable[[], bool]) -> Iterator[str]:
        """Complete the incomplete accounts of runs that ended recently; yield the id of each.

        `has_time` says whether to continue: runs are in random order, so that none is always left.
        """
        late = list(self._late(now))
        random.shuffle(late)
        for run_id in late:
            if not has_time():
                return
            if self._lacks(run_id) and self.complete_account(run_id) is not None:
                yield run_id

    def _late(self, now: datetime) -> Iterable[str]:
        started, ended = utc_text(now - LONGEST_RUN), utc_text(now - _LOOKED_AT_AGAIN)
        for state in RunState:
            if state.is_terminal:
                found = self.ledger.runs_in_state(state, started, ended)
                yield from (run.run_id for run in found)

    def _lacks(self, run_id: str) -> bool:
        history = self.ledger.history(run_id)
        accounts = [job.account for job in history.jobs if job.job_id]
        is_complete = all(account and account.is_complete for account in accounts)
        # a run that was stopped ends before its jobs do
        was_stopped = history.run.state is not RunState.SUCCEEDED
        return was_stopped or history.run.orchestration is None or not is_complete

    def _complete(self, job: JobRow) -> None:
        if not job.job_id or (job.account and job.account.is_complete):
            return
        detail = self.describe_job(job.job_id)
        if detail and JobState(detail["status"]).is_terminal:
            self.accountant.account(detail)

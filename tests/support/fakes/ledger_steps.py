"""The rows of steps."""

from collections.abc import Iterable
from dataclasses import replace

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import StepRow
from seqstack.domain.step_warnings import StepWarning
from seqstack.domain.words import StepName, StepState
from tests.support.fakes.ledger_rows import LedgerRows


class FakeSteps(LedgerRows):
    """As `seqstack.adapters.ledger_steps.StepRows`."""

    def step(self, run_id: str, step: StepName) -> StepRow:
        if (run_id, step) not in self.steps:
            raise UnknownRunError(run_id)
        return self.steps[run_id, step]

    def start_step(self, run_id: str, step: StepName, attempt: int) -> None:
        row = self.steps.get((run_id, step))
        if row and not row.state.is_terminal:
            self.steps[run_id, step] = replace(row, state=StepState.RUNNING, attempt=attempt)

    def reuse_step(
        self,
        key: JobKey,
        reused_from: str,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool:
        row = self.steps.get((key.run_id, key.step))
        is_begun = row and row.state is StepState.RUNNING and row.attempt >= key.attempt
        if row is None or row.state.is_terminal or is_begun:
            return False
        self._end_step(key, replace(row, reused_from=reused_from), written, warnings, failure)
        return True

    def complete_step(
        self,
        key: JobKey,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...] = (),
        failure: Failure | None = None,
    ) -> bool:
        row = self.steps.get((key.run_id, key.step))
        if row is None or row.state.is_terminal or row.attempt > key.attempt:
            return False
        self._end_step(key, row, written, warnings, failure)
        return True

    def _end_step(
        self,
        key: JobKey,
        row: StepRow,
        written: Iterable[StoredObject],
        warnings: tuple[StepWarning, ...],
        failure: Failure | None,
    ) -> None:
        state = StepState.FAILED if failure else StepState.SUCCEEDED
        self.steps[key.run_id, key.step] = replace(
            row, state=state, written=tuple(written), warnings=warnings, failure=failure
        )
        run = self.runs.get(key.run_id)
        if run and warnings:
            self.runs[key.run_id] = replace(run, warnings={**run.warnings, key.step: warnings})

    def note_written(self, run_id: str, step: StepName, written: Iterable[StoredObject]) -> None:
        row = self.steps.get((run_id, step))
        if row and row.state is StepState.SUCCEEDED and not row.written:
            self.steps[run_id, step] = replace(row, written=tuple(written))

    def finish_step(self, run_id: str, step: StepName, failure: Failure) -> bool:
        row = self.steps.get((run_id, step))
        if row is None or row.state.is_terminal:
            return False
        self.steps[run_id, step] = replace(row, state=StepState.FAILED, failure=failure)
        return True

    def stop_step(self, run_id: str, step: StepName, redrive: int = 0) -> bool:
        row = self.steps.get((run_id, step))
        if row is None or row.state.is_terminal:
            return False
        if self.redriven.get((run_id, step), 0) > redrive:
            return False
        self.steps[run_id, step] = replace(row, state=StepState.STOPPED)
        return True

    def reopen_step(self, run_id: str, step: StepName, redrive: int) -> None:
        row = self.steps.get((run_id, step))
        is_newer = self.redriven.get((run_id, step), 0) < redrive
        if row and is_newer and row.state is not StepState.SUCCEEDED:
            self.redriven[run_id, step] = redrive
            self.steps[run_id, step] = replace(
                row, state=StepState.PENDING, failure=None, warnings=()
            )

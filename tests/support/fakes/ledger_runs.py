"""The rows of runs."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from seqstack.domain.claims import Taking
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.errors import TransientServiceError, UnknownRunError
from seqstack.domain.manifest import StoredObject
from seqstack.domain.records import RunRow, StepRow
from seqstack.domain.run_pages import CohortFilter, Cursor, RunFilter
from seqstack.domain.words import RunState, StepName
from tests.support.fakes.ledger_claims import FakeClaims


class FakeRuns(FakeClaims):
    """As `seqstack.adapters.ledger_runs.RunRows`."""

    def run(self, run_id: str) -> RunRow:
        if run_id not in self.runs:
            raise UnknownRunError(run_id)
        return self.runs[run_id]

    def runs_in_state(
        self, state: RunState, started_after: str = "", ended_after: str = ""
    ) -> list[RunRow]:
        in_state = [run for run in self.runs.values() if run.state is state]
        since = [run for run in in_state if run.started_at > started_after]
        found = [run for run in since if run.ended_at > ended_after or not ended_after]
        return sorted(found, key=lambda run: run.started_at)

    def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]:
        found = [run for run in self.runs.values() if run.cohort_id == cohort_id]
        after = [run for run in found if run.started_at > started_after]
        return sorted(after, key=lambda run: run.started_at)

    def cohort(self, cohort_id: str, *, is_dry_run: bool = False) -> CohortRow | None:
        del is_dry_run
        return self.cohorts.get(cohort_id)

    def newest_runs(self, wanted: RunFilter, cursor: Cursor, limit: int) -> list[RunRow]:
        found = [
            run
            for run in self.runs.values()
            if wanted.state in {None, run.state}
            and wanted.sample_id in {"", run.sample_id}
            and wanted.cohort_id in {"", run.cohort_id}
            and wanted.project in {"", run.project}
        ]
        newest_first = sorted(found, key=lambda run: run.started_at, reverse=True)
        return cursor.newest(newest_first, limit)

    def newest_cohorts(self, wanted: CohortFilter, cursor: Cursor, limit: int) -> list[CohortRow]:
        found = [
            row
            for row in self.cohorts.values()
            if wanted.state in {None, row.state} and wanted.project in {"", row.project}
        ]
        return cursor.newest(sorted(found, key=lambda row: row.place, reverse=True), limit)

    def open_run(self, run: RunRow, steps: Iterable[StepRow], taking: Taking | None = None) -> bool:
        if run.run_id in self.runs:
            return self.runs[run.run_id].execution_arn == run.execution_arn
        if taking and not self.take_claim(taking):
            raise TransientServiceError(run.run_id)
        self.runs[run.run_id] = run
        self.steps |= {(run.run_id, row.step): row for row in steps}
        return True

    def reopen_run(self, run_id: str, redrive: int, taking: Taking | None = None) -> None:
        run = self.runs.get(run_id)
        if run and run.redrive < redrive:
            if taking and not self.take_claim(taking):
                raise TransientServiceError(run_id)
            self.runs[run_id] = replace(
                run, state=RunState.RUNNING, redrive=redrive, ended_at="", failure=None
            )

    def write_rejected_run(self, run: RunRow) -> bool:
        if run.run_id in self.runs:
            return False
        self.runs[run.run_id] = run
        return True

    def identify_run(self, run_id: str, identity: RunIdentity) -> None:
        run = self.runs.get(run_id)
        if run and not run.sample_id and identity != RunIdentity():
            self.runs[run_id] = replace(
                run,
                sample_id=identity.sample_id,
                cohort_id=identity.cohort_id,
                cohort_size=identity.cohort_size,
                project=identity.project,
            )

    def note_sheet(self, run: RunRow) -> None:
        if known := self.runs.get(run.run_id):
            noted = replace(known, tags=run.tags, is_left_out=run.is_left_out)
            self.runs[run.run_id] = noted

    def finish_run(self, ended: RunRow) -> bool:
        run = self.runs.get(ended.run_id)
        if run is None or run.execution_arn != ended.execution_arn:
            return False
        is_late = run.state.is_terminal and run.redrive == ended.redrive
        if is_late or run.redrive > ended.redrive:
            return False
        self.runs[ended.run_id] = replace(
            run,
            state=ended.state,
            ended_at=ended.ended_at,
            failure=ended.failure,
            redrive=ended.redrive,
            metrics=ended.metrics or run.metrics,
        )
        return True

    def record_report(
        self, run_id: str, report: StoredObject, crate: Iterable[StoredObject]
    ) -> None:
        if run_id in self.runs:
            self.runs[run_id] = replace(self.runs[run_id], report=report, crate=tuple(crate))

    def note_tool_versions(
        self, run_id: str, step: StepName, versions: Mapping[str, str], attempt: int = 0
    ) -> None:
        if run_id in self.runs:
            run = self.runs[run_id]
            self.runs[run_id] = replace(
                run,
                tool_versions={**run.tool_versions, step: dict(versions)},
                remembered={**run.remembered, step: attempt},
            )

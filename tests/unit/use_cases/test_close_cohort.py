"""A cohort that has ended leaves no run of its own running, whenever a call dies."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from seqstack.domain.cohort_record import CohortRow, run_prefix
from seqstack.domain.errors import TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.records import RunRow
from seqstack.domain.words import CohortState, RunState
from seqstack.use_cases import close_cohort as use_case
from seqstack.use_cases.close_cohort import COHORT_ENDED
from tests.support.builders import run_row

COHORT = "family-7"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:cohort-dev:first"
RUNNING = CohortRow(COHORT, EXECUTION, CohortState.RUNNING, "2025-06-02T10:00:00.000Z", sheet="")
ENDED = replace(RUNNING, state=CohortState.ABORTED)
RUNS = [f"{run_prefix(COHORT)}{number:032x}-1" for number in range(3)]


@dataclass
class Ledger:
    """The cohort's row, and its runs; the part of the ledger that is asked for here."""

    row: CohortRow = RUNNING
    runs: list[RunRow] = field(
        default_factory=lambda: [run_row(run_id=run_id, cohort_id=COHORT) for run_id in RUNS]
    )

    def close_cohort(self, ended: CohortRow) -> bool:
        is_open = self.row.execution_arn == ended.execution_arn and not self.row.state.is_terminal
        if is_open:
            self.row = ended
        return is_open

    def cohort(self, cohort_id: str, *, is_dry_run: bool = False) -> CohortRow | None:
        assert (cohort_id, is_dry_run) == (COHORT, False)
        return self.row

    def runs_of_cohort(self, cohort_id: str, started_after: str = "") -> list[RunRow]:
        assert (cohort_id, started_after) == (COHORT, "")
        return self.runs


@dataclass
class Executions:
    """Stops runs of `ledger`; the call for `throttled` fails once."""

    ledger: Ledger
    throttled: str = ""
    stopped: dict[str, Failure] = field(default_factory=dict)

    def stop(self, run_id: str, failure: Failure) -> None:
        if run_id == self.throttled:
            self.throttled = ""
            raise TransientServiceError("StopExecution: ThrottlingException")
        self.stopped[run_id] = failure
        self.ledger.runs = [
            replace(run, state=RunState.ABORTED) if run.run_id == run_id else run
            for run in self.ledger.runs
        ]


def close_cohort(ended: CohortRow, ledger: Any, executions: Executions) -> object:
    """Close it with the part of the ledger that is needed."""
    return use_case.close_cohort(ended, ledger, executions)


def test_runs_that_are_left_are_stopped_with_the_cohorts_end() -> None:
    ledger = Ledger()
    ledger.runs.append(run_row(run_id="someones-own", cohort_id=COHORT))
    ledger.runs[0] = replace(ledger.runs[0], state=RunState.SUCCEEDED)
    executions = Executions(ledger)

    assert close_cohort(ENDED, ledger, executions) == (True, tuple(RUNS[1:]))
    failure = Failure(COHORT_ENDED, "its cohort has ended as ABORTED")
    assert executions.stopped == dict.fromkeys(RUNS[1:], failure)


def test_call_that_dies_while_it_stops_runs_is_finished_by_the_next() -> None:
    ledger = Ledger()
    executions = Executions(ledger, throttled=RUNS[1])

    with pytest.raises(TransientServiceError):
        close_cohort(ENDED, ledger, executions)
    assert [*executions.stopped] == RUNS[:1]

    assert close_cohort(ENDED, ledger, executions) == (False, tuple(RUNS[1:]))
    assert [*executions.stopped] == RUNS


def test_late_event_stops_no_run_of_an_execution_that_has_started_since() -> None:
    resumed = replace(RUNNING, execution_arn=f"{EXECUTION}-again")
    ledger = Ledger(resumed)
    executions = Executions(ledger)

    assert close_cohort(ENDED, ledger, executions) == (False, ())
    assert executions.stopped == {}


def test_cohort_that_has_succeeded_stops_no_run() -> None:
    ledger = Ledger()

    ended = replace(ENDED, state=CohortState.SUCCEEDED)

    assert close_cohort(ended, ledger, Executions(ledger)) == (True, ())

"""What orchestrating a run costs, worked out by hand; and what is counted of it."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from seqstack.domain.cost.account import AttemptAccount, JobAccount
from seqstack.domain.cost.executions import ExecutionCount
from seqstack.domain.cost.orchestration import Orchestration
from seqstack.domain.cost.run_counts import count_run
from seqstack.domain.cost.table import packaged_table
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import RunHistory, StepRow
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import JobState, RunState, Step, StepState
from tests.support.builders import RUN_ID, job_row, run_row, step_plan
from tests.support.cost_builders import USAGE, asked, attempt, spot_host


def test_orchestration_is_priced_part_by_part() -> None:
    counted = Orchestration(
        transitions=40,  # * 0.025 / 1,000          = 0.001
        invocations=50,  # * 0.20 / 1,000,000       = 0.00001
        messages=2,  # * 0.0000015                  = 0.000003
        lambda_gb_seconds=Decimal(6),  # * 0.0000166667 = 0.0001000002
        table_reads=80,  # * 0.125 / 1,000,000      = 0.00001
        table_writes=160,  # * 0.625 / 1,000,000    = 0.0001
        s3_reads=1000,  # * 0.0004 / 1,000          = 0.0004
        s3_writes=200,  # * 0.005 / 1,000           = 0.001
    )

    # together 0.0026230002, to the billionth of a dollar
    assert counted.usd(packaged_table().services) == Decimal("0.002623")


def test_orchestration_is_read_as_it_is_written() -> None:
    counted = Orchestration(1, 2, 3, Decimal("0.3"), 4, 5, 6, 7)

    assert counted.as_document() == {
        "transitions": 1,
        "invocations": 2,
        "messages": 3,
        "lambdaGbSeconds": Decimal("0.3"),
        "tableReads": 4,
        "tableWrites": 5,
        "s3Reads": 6,
        "s3Writes": 7,
    }
    assert Orchestration.from_document(counted.as_document()) == counted


INTERMEDIATES = 1  # the BAM, of the step's outputs: each gets a tag
ALIGNED = JobKey(RUN_ID, Step.ALIGN, 1)
EXECUTIONS = ExecutionCount(9, Counter(validate_input=1, submit_job=1, finish_run=1))


def inputs(*names: str) -> tuple[S3Uri, ...]:
    return tuple(S3Uri("in", name) for name in names)


def align(**changes: Any) -> StepRow:
    """Reads three objects and writes two."""
    plan = step_plan(inputs=inputs("a", "b", "c"), outputs=inputs("x/bam/sorted.bam", "y"))
    return StepRow(RUN_ID, plan, StepState.SUCCEEDED, **changes)


def job(*attempts: AttemptAccount, state: JobState = JobState.SUCCEEDED) -> Any:
    return job_row(key=ALIGNED, state=state, account=JobAccount(attempts))


def ran(number: int = 1, *, started: bool = True) -> AttemptAccount:
    made = attempt(number=number) if started else attempt(number=number, started_at=None)
    usage = USAGE if started else None
    return AttemptAccount(made, asked(), spot_host(), usage, Decimal(0))


def counted(state: RunState, steps: list[StepRow], jobs: list[Any]) -> Orchestration:
    history = RunHistory(run_row(state=state), tuple(steps), tuple(jobs))
    return count_run(history, EXECUTIONS)


def test_run_of_one_step_that_went_well_is_counted_whole() -> None:
    found = counted(RunState.SUCCEEDED, [align()], [job(ran())])

    assert found.transitions == 9
    # validate_input, submit_job, finish_run;
    # track_job at RUNNABLE, STARTING, RUNNING and SUCCEEDED; account_job at the last two;
    # account_runs and notify_run_end once: 11 in all
    assert found.invocations == 11
    assert found.messages == 1
    # 0.4 s of each: 1.75 GB of validate_input, 1 of notify_run_end, 0.25 of the nine others
    assert found.lambda_gb_seconds == Decimal("2.00")
    # of functions: 3 inputs and their bucket before the run, their 3 blocks, and 2 results after
    # it; for caching 3 inputs before the job, and after it 3 inputs and 2 outputs, the provenance
    # among them: 9 + 3 + 5. Of the job, 120
    assert found.s3_reads == 17 + 120
    assert found.s3_writes == 140 + INTERMEDIATES
    # validate 1+24, submit 13+11, 4 track 20+28, 2 account 4+16, account_runs 22+9, finish 8+6,
    # notify 8+8
    assert (found.table_reads, found.table_writes) == (76, 102)


def test_attempts_that_were_reclaimed_or_never_started_are_calls_too() -> None:
    found = counted(RunState.SUCCEEDED, [align()], [job(ran(), ran(2, started=False), ran(3))])

    # track_job: 3 + 2 + 3 + 1; account_job: 1 + 1 + 1; 3 in the histories; 2 at the end
    assert found.invocations == 3 + 9 + 3 + 2
    assert found.s3_writes == 280 + INTERMEDIATES  # of two attempts


def test_failed_run_is_stopped_and_its_results_are_not_looked_at() -> None:
    failed = align()

    found = counted(RunState.FAILED, [failed], [job(ran(), state=JobState.FAILED)])

    assert found.invocations == 11 + 1  # stop_jobs
    assert found.s3_reads == 3 + 1 + 3 + 3 + 120


def test_reused_step_has_its_inputs_and_the_earlier_outputs_looked_at() -> None:
    found = counted(RunState.SUCCEEDED, [align(reused_from="earlier")], [])

    assert found.invocations == 3 + 2
    # 3 inputs, their bucket, their 3 blocks and 2 results of the run; 3 inputs and 2 outputs to see
    # whether they are the same
    assert found.s3_reads == 3 + 1 + 3 + 2 + 3 + 2
    assert found.s3_writes == INTERMEDIATES


@pytest.mark.parametrize(("use_cache", "looks"), [(True, 17), (False, 14)])
def test_run_without_the_cache_looks_nothing_up_and_remembers(use_cache: bool, looks: int) -> None:
    plan = step_plan(
        inputs=inputs("a", "b", "c"), outputs=inputs("x/bam/sorted.bam", "y"), use_cache=use_cache
    )
    step = StepRow(RUN_ID, plan, StepState.SUCCEEDED)

    assert counted(RunState.SUCCEEDED, [step], [job(ran())]).s3_reads == looks + 120


def test_refused_run_has_no_jobs_to_count() -> None:
    found = counted(RunState.FAILED, [], [])

    assert found.invocations == 3 + 2 + 1
    assert (found.s3_reads, found.s3_writes) == (0, 0)


def test_job_that_was_never_submitted_is_no_call() -> None:
    waiting = job_row(key=ALIGNED, job_id="", state=JobState.FAILED)

    assert counted(RunState.ABORTED, [align()], [waiting]).invocations == 3 + 2 + 1


def test_binary_indexes_and_folders_are_looked_at_and_not_read() -> None:
    plan = step_plan(inputs=inputs("a.fa", "a.fa.bwt", "a.fa.pac", "isaac/"), outputs=())
    step = StepRow(RUN_ID, plan, StepState.FAILED)
    # 4 inputs, their bucket, and the first block of a.fa
    assert counted(RunState.FAILED, [step], []).s3_reads == 4 + 1 + 1

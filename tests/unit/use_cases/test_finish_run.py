import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from seqstack.domain.errors import MissingOutputError, ResultsReplacedError, UnknownRunError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.manifest import StoredObject
from seqstack.domain.qc.measured import as_document
from seqstack.domain.records import RunRow, StepRow
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step, StepName, StepState
from seqstack.use_cases.finish_run import (
    finish_successful_run,
    record_run_failure,
    record_step_failure,
)
from seqstack.workflows.secondary_analysis import SECONDARY_ANALYSIS
from tests.support.builders import RESULTS_BUCKET, RUN_ID, all_steps, run_row, written_objects
from tests.support.fakes import FakeLedger, FakeMemory, FakeObjects

NOW = datetime(2025, 6, 2, 12, 0, 0, 250_000, timezone(timedelta(hours=2)))
ROOT = f"s3://{RESULTS_BUCKET}/results/NA12878"
FAILURE = Failure("ToolFailedError", "align (bwa) failed: exit status 1")


@pytest.fixture
def ledger() -> FakeLedger:
    ledger = FakeLedger()
    ledger.open_run(run_row(), all_steps())
    for row in all_steps():
        ledger.complete_step(JobKey(RUN_ID, row.step, 1), written_objects(row.plan))
    return ledger


def metrics(**values: float) -> bytes:
    """The content of a sample's metrics."""
    return json.dumps(as_document("NA12878", values)).encode()


def finish(
    ledger: FakeLedger,
    objects: FakeObjects | None = None,
    marked: list[S3Uri] | None = None,
    content: bytes = b"",
    parts: list[S3Uri] | None = None,
) -> tuple[RunRow, dict[StepName, tuple[StoredObject, ...]]]:
    """Finish the run; `content` is that of its metrics."""

    def read_written(stored: StoredObject, _most: int) -> bytes:
        assert stored.uri.key.endswith("/qc/metrics.json")
        return content

    look = (objects or FakeObjects()).look_at_written
    mark = ([] if marked is None else marked).extend
    mark_parts = ([] if parts is None else parts).extend
    return finish_successful_run(
        RUN_ID, NOW, ledger, look, mark, mark_parts, FakeMemory().written_by, read_written
    )


def test_finish_run_with_every_result_closes_the_run(ledger: FakeLedger) -> None:
    objects = FakeObjects()
    marked: list[S3Uri] = []

    run, outputs = finish(ledger, objects, marked)

    assert ledger.runs[RUN_ID] == run
    assert (run.state, run.ended_at) == (RunState.SUCCEEDED, "2025-06-02T10:00:00.250Z")
    assert sorted(objects.asked) == sorted(
        str(item.uri) for items in outputs.values() for item in items
    )
    assert str(outputs[Step.ALIGN][0].uri) == f"{ROOT}/bam/sorted.bam"
    assert [str(uri).removeprefix(f"{ROOT}/") for uri in marked] == [
        "bam/sorted.bam",
        "bam/sorted.bam.bai",
        "bam/sorted.bam.md5",
        "vcf/variants/genome.vcf.gz",
        "vcf/variants/genome.vcf.gz.tbi",
    ]


def test_finish_run_records_what_was_measured(ledger: FakeLedger) -> None:
    run, _ = finish(ledger, content=metrics(alignedRate=0.97, meanTargetDepth=31))

    assert run.metrics == {"alignedRate": 0.97, "meanTargetDepth": 31}
    assert run.state is RunState.SUCCEEDED


def test_run_that_misses_a_gate_is_qc_failed_and_keeps_everything(ledger: FakeLedger) -> None:
    ledger.runs[RUN_ID] = replace(
        ledger.runs[RUN_ID],
        qc_gates={"meanTargetDepth": {"min": 30}, "alignedRate": {"min": 0.9}, "titv": {"max": 9}},
    )
    marked: list[S3Uri] = []

    run, outputs = finish(ledger, None, marked, metrics(alignedRate=0.97, meanTargetDepth=12.25))

    assert ledger.runs[RUN_ID] == run
    assert run.state is RunState.QC_FAILED
    assert run.failure == Failure(
        "QcFailedError",
        "meanTargetDepth is 12.25x, and must be at least 30x\n"
        "titv was not measured, and must be at most 9",
    )
    assert run.metrics == {"alignedRate": 0.97, "meanTargetDepth": 12.25}
    assert set(outputs) == set(SECONDARY_ANALYSIS.step_names)
    assert marked == []


def test_run_of_another_sex_than_its_gate_asks_for_is_qc_failed(ledger: FakeLedger) -> None:
    ledger.runs[RUN_ID] = replace(ledger.runs[RUN_ID], qc_gates={"sex": "female"})

    run, _ = finish(ledger, content=b'{"metrics": {"sex": {"value": "male"}}}')

    assert run.failure == Failure("QcFailedError", "sex is male, and must be female")
    assert run.metrics == {"sex": "male"}


@pytest.mark.parametrize("content", [b"", b"[]", b'{"metrics": {"reads": {"value": "many"}}}'])
def test_metrics_that_can_not_be_read_meet_no_gate(ledger: FakeLedger, content: bytes) -> None:
    ledger.runs[RUN_ID] = replace(ledger.runs[RUN_ID], qc_gates={"reads": {"min": 0}})

    run, _ = finish(ledger, content=content)

    assert (run.state, run.metrics) == (RunState.QC_FAILED, {})


def test_finish_run_without_a_result_names_it_and_leaves_the_run_open(ledger: FakeLedger) -> None:
    objects = FakeObjects(
        {
            f"{ROOT}/bam/sorted.bam.bai": "does not exist",
            f"{ROOT}/stats/bam_stats.dat": "does not exist",
        }
    )
    marked: list[S3Uri] = []

    with pytest.raises(MissingOutputError) as missing:
        finish(ledger, objects, marked)

    assert str(missing.value).splitlines() == [
        f"{ROOT}/bam/sorted.bam.bai does not exist",
        f"{ROOT}/stats/bam_stats.dat does not exist",
    ]
    assert ledger.runs[RUN_ID].state is RunState.RUNNING
    assert marked == []


def test_finish_run_with_a_replaced_result_names_it(ledger: FakeLedger) -> None:
    bam = f"{ROOT}/bam/sorted.bam"
    objects = FakeObjects(replaced={bam})

    with pytest.raises(ResultsReplacedError, match=f"^{bam} is not what the run has written$"):
        finish(ledger, objects)

    assert ledger.runs[RUN_ID].state is RunState.RUNNING


def test_finish_run_asks_for_the_steps_that_the_run_has(ledger: FakeLedger) -> None:
    del ledger.steps[RUN_ID, Step.ANNOTATE]

    _, outputs = finish(ledger)

    assert set(outputs) == set(SECONDARY_ANALYSIS.step_names) - {Step.ANNOTATE}


def test_finish_run_with_a_step_that_has_written_nothing_names_it(ledger: FakeLedger) -> None:
    row = ledger.steps[RUN_ID, Step.ANNOTATE]
    ledger.steps[RUN_ID, Step.ANNOTATE] = replace(row, state=StepState.PENDING, written=())

    with pytest.raises(MissingOutputError, match=r"^annotate has written nothing$"):
        finish(ledger)


def test_finish_run_again_gives_the_same_answer(ledger: FakeLedger) -> None:
    first = finish(ledger)

    again = finish(ledger)

    assert again == first


def test_finish_run_redriven_after_the_last_step_closes_the_run_again(ledger: FakeLedger) -> None:
    # the execution ended in FinishRun, so no step of the redriven one opens the run again
    failed = run_row(state=RunState.FAILED, ended_at="then", failure=Failure("any", "why"))
    ledger.finish_run(failed)

    ledger.reopen_run(RUN_ID, 1)
    finish(ledger)

    run = ledger.runs[RUN_ID]
    assert (run.state, run.redrive, run.failure) == (RunState.SUCCEEDED, 1, None)


def test_finish_run_of_an_unknown_run_raises() -> None:
    with pytest.raises(UnknownRunError):
        finish(FakeLedger())


def test_step_failure_closes_the_step_with_the_real_failure(ledger: FakeLedger) -> None:
    cause = json.dumps({"errorMessage": "refused", "errorType": "SubmissionRejectedError"})

    ledger.steps[RUN_ID, Step.ALIGN] = all_steps()[0]

    failure = record_step_failure(
        RUN_ID, Step.ALIGN, Failure("SubmissionRejectedError", cause), ledger
    )

    step = ledger.step(RUN_ID, Step.ALIGN)
    assert failure == Failure("SubmissionRejectedError", "refused")
    assert (step.state, step.failure) == (StepState.FAILED, failure)


@pytest.mark.parametrize(
    ("state", "expected"),
    [(RunState.FAILED, StepState.STOPPED), (RunState.RUNNING, StepState.PENDING)],
    ids=["run has ended", "run was redriven since"],
)
def test_step_that_was_not_submitted_because_its_run_had_ended_was_stopped(
    ledger: FakeLedger, state: RunState, expected: StepState
) -> None:
    ledger.runs[RUN_ID] = run_row(state=state)
    ledger.steps[RUN_ID, Step.ALIGN] = all_steps()[0]
    caught = Failure("RunEndedError", f"run {RUN_ID} has ended")

    assert record_step_failure(RUN_ID, Step.ALIGN, caught, ledger) == caught

    step = ledger.step(RUN_ID, Step.ALIGN)
    assert (step.state, step.failure) == (expected, None)


def test_step_failure_of_an_unknown_run_is_answered_all_the_same() -> None:
    assert record_step_failure("no-such-run", Step.ALIGN, FAILURE, FakeLedger()) == FAILURE


def test_run_failure_closes_the_run_with_the_failure_inside(ledger: FakeLedger) -> None:
    nested = {"ExecutionArn": "arn", "Status": "FAILED", "Error": FAILURE.error}
    cause = json.dumps({**nested, "Cause": FAILURE.cause})
    row = run_row(state=RunState.FAILED, ended_at="2025-06-02T10:00:00.250Z")

    answer = record_run_failure(row, Failure("States.TaskFailed", cause), ledger)

    assert answer == (FAILURE, True)
    run = ledger.runs[RUN_ID]
    assert (run.state, run.failure) == (RunState.FAILED, FAILURE)
    assert run.sample_id == "NA12878"  # what validation wrote stays


def test_run_failure_of_a_rejected_input_writes_the_run() -> None:
    ledger = FakeLedger()
    row = run_row(sample_id="", state=RunState.FAILED)

    _, closed_now = record_run_failure(row, Failure("InvalidInputError", "1 problem"), ledger)

    assert closed_now
    assert ledger.runs[RUN_ID].state is RunState.FAILED
    assert ledger.runs[RUN_ID].failure == Failure("InvalidInputError", "1 problem")


@pytest.mark.parametrize("first", [RunState.SUCCEEDED, RunState.FAILED, RunState.ABORTED])
def test_run_failure_after_the_end_changes_nothing(ledger: FakeLedger, first: RunState) -> None:
    ledger.finish_run(run_row(state=first, ended_at="2025-06-02T10:00:00.000Z"))
    before = ledger.runs[RUN_ID]

    late = run_row(state=RunState.ABORTED, ended_at="2025-06-02T11:00:00.000Z")
    _, closed_now = record_run_failure(late, Failure("ExecutionAborted", "stopped"), ledger)

    assert not closed_now
    assert ledger.runs[RUN_ID] == before


def test_run_failure_of_another_execution_leaves_the_run_alone(ledger: FakeLedger) -> None:
    row = run_row(state=RunState.FAILED, execution_arn="arn:of:another:stack")

    _, closed_now = record_run_failure(row, Failure("InvalidInputError", "name taken"), ledger)

    assert not closed_now
    assert ledger.runs[RUN_ID].state is RunState.RUNNING


class OpenedMeanwhile(FakeLedger):
    """Validation opens the run just after it was looked for."""

    def write_rejected_run(self, run: RunRow) -> bool:
        self.open_run(run_row(), all_steps())
        return super().write_rejected_run(run)


def test_run_failure_while_validation_opens_the_run_closes_it_all_the_same() -> None:
    ledger = OpenedMeanwhile()
    aborted = run_row(state=RunState.ABORTED, ended_at="later")

    _, closed_now = record_run_failure(aborted, FAILURE, ledger)

    assert closed_now
    assert ledger.run(RUN_ID).state is RunState.ABORTED


PART = all_steps()[0].plan


@pytest.fixture
def in_parts(ledger: FakeLedger) -> list[S3Uri]:
    """What the two parts of the run's alignment have made; the first part's is gone."""
    made = []
    for number in (1, 2):
        step = SECONDARY_ANALYSIS.step(f"alignPart{number}")
        outputs = step.outputs_in(ResultLayout(S3Uri(RESULTS_BUCKET, "results/"), "NA12878"))
        plan = replace(PART, step=step.name, outputs=outputs)
        row = StepRow(RUN_ID, plan, StepState.SUCCEEDED, 1, written=written_objects(plan))
        ledger.steps[RUN_ID, step.name] = row
        made.append(outputs[0])
    return made


@pytest.mark.parametrize(("depth", "state"), [(40, RunState.SUCCEEDED), (10, RunState.QC_FAILED)])
def test_results_of_parts_may_be_gone_and_expire_also_if_a_gate_is_missed(
    ledger: FakeLedger, in_parts: list[S3Uri], depth: float, state: RunState
) -> None:
    gates = {"meanTargetDepth": {"min": 30}}
    ledger.runs[RUN_ID] = replace(ledger.runs[RUN_ID], qc_gates=gates)
    gone, there = in_parts
    marked: list[S3Uri] = []
    parts: list[S3Uri] = []
    objects = FakeObjects({str(gone): "does not exist"})

    run, _ = finish(ledger, objects, marked, metrics(meanTargetDepth=depth), parts)

    assert run.state is state
    assert parts == [there]
    assert not set(in_parts) & set(marked)


def test_provenance_of_a_part_must_be_there(ledger: FakeLedger, in_parts: list[S3Uri]) -> None:
    objects = FakeObjects({f"{ROOT}/provenance/alignPart1.json": "does not exist"})
    parts: list[S3Uri] = []

    with pytest.raises(MissingOutputError):
        finish(ledger, objects, None, b"", parts)
    assert parts == []
    assert in_parts

"""Support runs that functions of an earlier version have opened.

Those versions recorded neither a run's results folder nor its steps' outputs.
"""

from seqstack.domain.errors import ResultsReplacedError, UnknownRunError
from seqstack.domain.own_results import own_inputs
from seqstack.domain.records import JobRow, RunHistory, StepRow
from seqstack.domain.words import JobState, StepState
from seqstack.domain.written_objects import ObjectState, WrittenObject
from seqstack.use_cases.ports import (
    HistoryReader,
    LookAtWritten,
    ReadProvenance,
    WrittenBy,
    WrittenLedger,
)


def whole_history(history: RunHistory, ledger: WrittenLedger, written_by: WrittenBy) -> RunHistory:
    """A run's history with the outputs of every step that succeeded.

    A row without outputs gets them from the provenance of the step's job.

    Raises:
        ResultsReplacedError: the provenance was replaced.
    """
    run_id = history.run.run_id
    for step in [row.step for row in history.steps if _is_without_written(row)]:
        row = history.step(step)
        if row is not None:
            own = own_inputs(row.plan, history.steps)
            result = written_by(_job_behind(row, history, ledger), row.plan, own)
            ledger.note_written(run_id, step, result.written)
            history = ledger.history(run_id)
    return history


def outputs_of_older_row(
    row: StepRow,
    history: RunHistory,
    ledger: HistoryReader,
    look_at_written: LookAtWritten,
    read_provenance: ReadProvenance,
) -> list[WrittenObject]:
    """The states of the outputs of a step that succeeded and whose row lacks them.

    An object is the run's only if the step's job wrote the provenance there, and the provenance
    names it. All others are unknown: S3 may keep a version, but it was not recorded.
    """
    provenance = row.plan.outputs[-1]
    try:
        job = _job_behind(row, history, ledger)
    except ResultsReplacedError as error:
        return [WrittenObject.unknown(uri, str(error)) for uri in row.plan.outputs]
    found = read_provenance(provenance)
    if found is None or found[0].job_id != job.job_id:
        problem = f"{provenance} is not the provenance of job {job.job_id}, which wrote it"
        return [WrittenObject.unknown(uri, problem) for uri in row.plan.outputs]
    said, own = found
    return [_if_current(item) for item in look_at_written((*said.outputs, own))]


def _if_current(item: WrittenObject) -> WrittenObject:
    if item.state is ObjectState.CURRENT:
        return item
    return WrittenObject.unknown(item.stored.uri, item.problem)


def _is_without_written(row: StepRow) -> bool:
    return row.state is StepState.SUCCEEDED and not row.written


def _job_behind(row: StepRow, history: RunHistory, ledger: HistoryReader) -> JobRow:
    """The job that wrote the step's outputs: this run's, or that of the reused run."""
    try:
        origin = ledger.history(row.reused_from) if row.reused_from else history
    except UnknownRunError as error:
        raise _unknown(row) from error
    done = [job for job in origin.jobs if job.key.step == row.step]
    for job in reversed(done):
        if job.state is JobState.SUCCEEDED:
            return job
    raise _unknown(row)


def _unknown(row: StepRow) -> ResultsReplacedError:
    return ResultsReplacedError(
        f"the job that did {row.step} of run {row.run_id} is no longer known, so it is unknown "
        f"whether the results there belong to the run. Run the sample again"
    )

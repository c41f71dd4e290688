"""Go on with runs that functions of an earlier version have opened, and list their outputs.

Those wrote down neither a run's results folder nor what its steps have written.
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


def whole_history(run_id: str, ledger: WrittenLedger, written_by: WrittenBy) -> RunHistory:
    """A run's history in which every step that succeeded has what it has written.

    A row without it gets it from the provenance of the step's job.

    Raises:
        ResultsReplacedError: that is not what lies there.
    """
    history = ledger.history(run_id)
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
    """What has become of the outputs of a step that succeeded and whose row does not name them.

    What lies there is the run's only if the provenance there is of the step's job, and names it.
    Everything else is unknown: S3 may keep a version of it, but nobody wrote down which.
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
    """The job whose outputs stand for the step's: this run's, or that of the run it reuses."""
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
        f"the job that did {row.step} of run {row.run_id} is not known any more, so that nobody "
        "can tell whether the results that lie there are its. Run the sample again"
    )

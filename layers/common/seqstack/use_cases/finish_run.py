"""Close a run, or one step of it, in the ledger: with its results, or its original failure."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from seqstack.domain.errors import (
    MissingOutputError,
    QcFailedError,
    ResultsReplacedError,
    RunEndedError,
)
from seqstack.domain.failures import Failure, real_failure
from seqstack.domain.manifest import StoredObject
from seqstack.domain.qc.gates import misses
from seqstack.domain.qc.measured import read_metrics
from seqstack.domain.qc.metrics import Values
from seqstack.domain.reads.parts import is_of_part
from seqstack.domain.records import RunRow, StepRow, utc_text
from seqstack.domain.results import QC_METRICS
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, StepName
from seqstack.domain.written_objects import ObjectState
from seqstack.use_cases.older_rows import whole_history
from seqstack.use_cases.ports import (
    LookAtWritten,
    Mark,
    ReadWritten,
    RunLedger,
    WrittenBy,
)
from seqstack.workflows.registry import is_intermediate

_MOST_METRICS_BYTES = 1 << 20
type _Written = Mapping[StepName, tuple[StoredObject, ...]]


def finish_successful_run(
    run_id: str,
    now: datetime,
    ledger: RunLedger,
    look_at_written: LookAtWritten,
    mark_intermediate: Mark,
    mark_parts: Mark,
    written_by: WrittenBy,
    read_written: ReadWritten,
) -> tuple[RunRow, dict[StepName, tuple[StoredObject, ...]]]:
    """Close a run whose steps all succeeded, after a check that all outputs exist.

    It is `QC_FAILED` if a metric misses its gate.

    Intermediate outputs are tagged, so that they can expire; a run without success keeps everything
    for reuse. Results of parts, which are joined now, are tagged even if a metric misses its gate.
    They need not exist: they expire, and the run may have reused what they were joined to.

    Returns:
        The run and its result objects by step.

    Raises:
        MissingOutputError: a result object is missing, or a step has no outputs.
        ResultsReplacedError: a result was overwritten or deleted.
    """
    history = whole_history(ledger.history(run_id), ledger, written_by)
    run = history.run
    written = {row.step: row.written for row in history.steps}
    current = _require_written(history.steps, look_at_written)
    measured = _metrics(written, read_written)
    ended = replace(run, state=RunState.SUCCEEDED, ended_at=utc_text(now), metrics=measured)
    if missed := misses(run.qc_gates, measured):
        failure = Failure(QcFailedError.__name__, "\n".join(map(str, missed)))
        ended = replace(ended, state=RunState.QC_FAILED, failure=failure)
    else:
        mark_intermediate(
            item.uri
            for step, objects in written.items()
            for item in objects
            if is_intermediate(run.workflow, step, item.uri) and not is_of_part(step, item.uri)
        )
    mark_parts(
        item.uri
        for step, objects in written.items()
        for item in objects
        if is_of_part(step, item.uri) and item.uri in current
    )
    ledger.finish_run(ended)
    return ended, written


def _metrics(written: _Written, read_written: ReadWritten) -> Values:
    """The metrics that a step of the run has written, if one has."""
    found = (
        item
        for objects in written.values()
        for item in objects
        if item.uri.key.endswith(f"/{QC_METRICS}")
    )
    stored = next(found, None)
    return read_metrics(read_written(stored, _MOST_METRICS_BYTES)) if stored else {}


def _require_written(steps: Sequence[StepRow], look_at_written: LookAtWritten) -> frozenset[S3Uri]:
    """The objects that are as the run has written them: all, except for results of parts."""
    missing = [f"{row.step} has written nothing" for row in steps if not row.written]
    of_parts = {item.uri for row in steps for item in row.written if is_of_part(row.step, item.uri)}
    looked = look_at_written(item for row in steps for item in row.written)
    others = [item for item in looked if item.state is not ObjectState.CURRENT]
    wrong = [item for item in others if item.stored.uri not in of_parts]
    lines = [*missing, *(f"{item.stored.uri} {item.problem}" for item in wrong)]
    if any(item.state is ObjectState.REPLACED for item in wrong):
        raise ResultsReplacedError("\n".join(lines))
    if lines:
        raise MissingOutputError("\n".join(lines))
    return frozenset(item.stored.uri for item in looked if item.state is ObjectState.CURRENT)


def record_step_failure(run_id: str, step: StepName, caught: Failure, ledger: RunLedger) -> Failure:
    """Close a step with the original failure in the error of a Catch; return that failure.

    A step whose job was not submitted because the run has ended was stopped, and did not fail.
    """
    failure = real_failure(caught.error, caught.cause)
    if failure.error != RunEndedError.__name__:
        ledger.finish_step(run_id, step, failure)
    elif (run := ledger.run(run_id)).state.is_terminal:
        ledger.stop_step(run_id, step, run.redrive)
    return failure


def record_run_failure(ended: RunRow, caught: Failure, ledger: RunLedger) -> tuple[Failure, bool]:
    """Close a run with the original failure in the error of a Catch.

    `ended` is the run from its execution; it is written whole if validation refused the input,
    because the ledger then has no row of it.

    Returns:
        The original failure, and True if this call closed the run.
    """
    failure = real_failure(caught.error, caught.cause)
    ended = replace(ended, failure=failure)
    # the third is for a run that validation opened after the first
    closed_now = (
        ledger.finish_run(ended) or ledger.write_rejected_run(ended) or ledger.finish_run(ended)
    )
    return failure, closed_now

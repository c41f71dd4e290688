"""Close a run, or one step of it, in the ledger: with its results, or with the real failure."""

from dataclasses import replace
from datetime import datetime

from seqstack.domain.errors import MissingOutputError
from seqstack.domain.failures import Failure, real_failure
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.results import ResultLayout
from seqstack.domain.s3uri import S3Uri
from seqstack.domain.words import RunState, Step
from seqstack.use_cases.ports import MarkIntermediate, MissingObjects, RunLedger


def finish_successful_run(
    run_id: str,
    redrive: int,
    now: datetime,
    ledger: RunLedger,
    missing_objects: MissingObjects,
    mark_intermediate: MarkIntermediate,
) -> tuple[RunRow, dict[Step, tuple[S3Uri, ...]]]:
    """Close a run whose steps all succeeded, after one look whether every result is there.

    What only its steps needed is marked, so that it can expire; a run that did not succeed keeps
    everything for the next one to reuse.

    Returns:
        The run and its result objects by step.

    Raises:
        MissingOutputError: a result object is not there.
    """
    if redrive:  # of an execution that had ended here: no step has opened the run again
        ledger.reopen_run(run_id, redrive)
    run = ledger.history(run_id).run
    layout = ResultLayout(S3Uri.parse(run.results), run.sample_id)
    outputs = {step: layout.outputs(step) for step in Step}
    missing = missing_objects(uri for uris in outputs.values() for uri in uris)
    if missing:
        raise MissingOutputError(
            "\n".join(f"{uri} {what_is_wrong}" for uri, what_is_wrong in missing.items())
        )
    mark_intermediate(layout.intermediates)
    ended = replace(run, state=RunState.SUCCEEDED, ended_at=utc_text(now))
    ledger.finish_run(ended)
    return ended, outputs


def record_step_failure(run_id: str, step: Step, caught: Failure, ledger: RunLedger) -> Failure:
    """Close a step with the real failure inside what a Catch received; return that failure."""
    failure = real_failure(caught.error, caught.cause)
    ledger.finish_step(run_id, step, failure)
    return failure


def record_run_failure(ended: RunRow, caught: Failure, ledger: RunLedger) -> tuple[Failure, bool]:
    """Close a run with the real failure inside what a Catch received.

    `ended` is the run as its execution knows it; it is written whole if validation refused the
    input, since then the ledger has no row of it.

    Returns:
        The real failure, and True if this call closed the run.
    """
    failure = real_failure(caught.error, caught.cause)
    ended = replace(ended, failure=failure)
    # the third where validation, still under way, opened the run after the first
    closed_now = (
        ledger.finish_run(ended) or ledger.write_rejected_run(ended) or ledger.finish_run(ended)
    )
    return failure, closed_now

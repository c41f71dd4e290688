"""Show runs: one run, a page of runs, and a run's outputs and logs."""

from collections.abc import Mapping

from seqstack.domain.errors import UnknownRunError
from seqstack.domain.job_log import LogPage, LogRequest
from seqstack.domain.job_record import JobKey
from seqstack.domain.progress import Progress
from seqstack.domain.records import JobRow, RunHistory, RunRow
from seqstack.domain.request_errors import NoLogError
from seqstack.domain.results import REPORT_STEP
from seqstack.domain.run_pages import Cursor, ListPage, RunFilter, page_of
from seqstack.domain.words import JobState, StepName, StepState
from seqstack.domain.written_objects import WrittenObject
from seqstack.use_cases.older_rows import outputs_of_older_row
from seqstack.use_cases.ports import (
    FindExecution,
    HistoryReader,
    LookAtWritten,
    ReadLogPage,
    ReadProgress,
    ReadProvenance,
    RunIndexes,
    RunReader,
)


def show_run(run_id: str, ledger: RunReader, find: FindExecution) -> RunHistory:
    """A run with its steps and jobs.

    A run that has just been started has no steps yet: its input is being validated.

    Raises:
        UnknownRunError: neither the ledger nor Step Functions has the run.
    """
    try:
        return ledger.history(run_id)
    except UnknownRunError as error:
        execution = find(run_id)
        if execution is None:
            raise UnknownRunError(f"there is no run {run_id}") from error
        return RunHistory(execution.as_run(), (), ())


def show_progress(history: RunHistory, read: ReadProgress) -> Mapping[JobKey, Progress]:
    """How far the running jobs of a run are, as far as they have told."""
    streams = {
        job.log_stream: job.key
        for job in history.jobs
        if job.state is JobState.RUNNING and job.log_stream
    }
    told = read(streams) if streams else {}
    return {streams[stream]: progress for stream, progress in told.items()}


def list_runs(
    wanted: RunFilter, cursor: Cursor, limit: int, ledger: RunIndexes
) -> ListPage[RunRow]:
    """One page of the runs that match a filter."""
    return page_of(ledger.newest_runs(wanted, cursor, limit + 1), limit)


def list_outputs(
    history: RunHistory,
    ledger: HistoryReader,
    look_at_written: LookAtWritten,
    read_provenance: ReadProvenance,
) -> Mapping[StepName, list[WrittenObject]]:
    """The objects of every finished step, its provenance last; with their states in S3.

    The run's report and RO-Crate are listed under `REPORT_STEP`.

    For a step that an earlier version has ended without recording its outputs, they are those in
    the provenance of its job, if it still exists.
    """
    report = [history.run.report, *history.run.crate] if history.run.report else []
    written = [*(item for row in history.steps for item in row.written), *report]
    looked = iter(look_at_written(written))
    listed: dict[StepName, list[WrittenObject]] = {}
    for row in history.steps:
        if row.written:
            listed[row.step] = [next(looked) for _ in row.written]
        elif row.state is StepState.SUCCEEDED:
            listed[row.step] = outputs_of_older_row(
                row, history, ledger, look_at_written, read_provenance
            )
    if report:
        listed[REPORT_STEP] = [next(looked) for _ in report]
    return listed


def show_log(
    history: RunHistory, step: StepName, attempt: int | None, wanted: LogRequest, read: ReadLogPage
) -> tuple[JobRow, LogPage]:
    """A page of the log of one try of a step, by default the newest.

    A job that has not started has an empty page.

    Raises:
        NoLogError: the step had no such try, or its log was deleted.
        PageTokenError: the page token is not from this log.
    """
    job = _job(history, step, attempt)
    if not job.log_stream:
        return job, LogPage((), None)
    page = read(job.log_stream, wanted)
    if page is None:
        raise NoLogError(f"the log of try {job.key.attempt} of {step} was deleted")
    return job, page


def _job(history: RunHistory, step: StepName, attempt: int | None) -> JobRow:
    jobs = [job for job in history.jobs if job.key.step == step]
    if attempt is not None:
        jobs = [job for job in jobs if job.key.attempt == attempt]
    if jobs:
        return jobs[-1]
    run_id = history.run.run_id
    reused = next((row.reused_from for row in history.steps if row.step == step), "")
    if reused:
        raise NoLogError(f"run {run_id} reused {step} of run {reused}, which has its log")
    raise NoLogError(f"run {run_id} has no such try of {step}")

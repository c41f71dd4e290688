"""Show what a step's job has written to its log."""

from seqstack.domain.job_log import LogPage, LogRequest
from seqstack.domain.records import JobRow, RunHistory
from seqstack.domain.request_errors import NoLogError
from seqstack.domain.words import StepName
from seqstack.use_cases.ports import ReadLogPage


def show_log(
    history: RunHistory, step: StepName, attempt: int | None, wanted: LogRequest, read: ReadLogPage
) -> tuple[JobRow, LogPage]:
    """A page of the log of one try of a step, the newest try where none is named.

    A job that has not begun to run has an empty page.

    Raises:
        NoLogError: the step had no such try, or its log is not kept any more.
        PageTokenError: the page token is none of this log's.
    """
    job = _job(history, step, attempt)
    if not job.log_stream:
        return job, LogPage((), None)
    page = read(job.log_stream, wanted)
    if page is None:
        raise NoLogError(f"the log of try {job.key.attempt} of {step} is not kept any more")
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

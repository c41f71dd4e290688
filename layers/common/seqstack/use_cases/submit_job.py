"""Submit one try of a step exactly once, and register the task token for its end."""

from seqstack.domain.errors import (
    JobTerminatedError,
    ResultsReplacedError,
    RunEndedError,
    SubmissionRejectedError,
)
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.next_attempt import plan_next_attempt
from seqstack.domain.own_results import told_of_earlier, unfinished
from seqstack.domain.plan import StepPlan
from seqstack.domain.records import JobRow, RunHistory, RunRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.end_jobs import end_jobs
from seqstack.use_cases.older_rows import whole_history
from seqstack.use_cases.ports import BatchService, JobLedger, TokenAnswers, WrittenBy
from seqstack.use_cases.record_job import failed_tries


def submit_job(
    key: JobKey,
    token: str,
    ledger: JobLedger,
    batch: BatchService,
    tokens: TokenAnswers,
    written_by: WrittenBy,
) -> JobRow:
    """Submit the job unless an earlier call did; in both cases register `token` for its end.

    The row with the token is written before the submission, and the job has a name that is unique
    to the try, so after a crash the next call finds the job instead of submitting another. If the
    job has ended already, the token is answered at once. After a redrive, the step's jobs of before
    are terminated first.

    Raises:
        SubmissionRejectedError: AWS Batch refuses the job; this is recorded in the ledger.
        ResultsReplacedError: an output of an earlier step is missing; this is recorded in the
            ledger.
        RunEndedError: the run has ended; the job's row is ended too.
    """
    if key.redrive:
        ledger.reopen_step(key.run_id, key.step, key.redrive)
    plan = _plan_of(key, ledger)
    job, is_new = ledger.arm_job(key, plan, token)
    ledger.start_step(key.run_id, key.step, key.attempt)
    if not job.job_id and not job.state.is_terminal:
        history = ledger.history(key.run_id)
        _require_open(history.run, key, ledger)
        step = history.step(key.step)
        if step and step.state is StepState.SUCCEEDED:
            return _leave_to_earlier(job, token, ledger, tokens)
        _end_jobs_of_before(key, history, ledger, batch)
        found = None if is_new else batch.find_job(key, plan.job_queue)
        try:
            job_id = found or batch.submit(
                key, _with_earlier(key, plan, whole_history(history, ledger, written_by))
            )
        except (ResultsReplacedError, SubmissionRejectedError) as error:
            ledger.reject_job(key, Failure(type(error).__name__, str(error)))
            raise
        job = ledger.record_submission(key, job_id)
        if job.job_id != job_id:  # a concurrent call submitted a job, which is used
            batch.terminate(job_id, f"{job.job_id} was submitted as {key.job_name} before")
        elif job.state.is_terminal:  # the run was stopped meanwhile
            batch.terminate(job_id, _ended(key))
    answer_token(job, ledger, tokens)
    return job


def _leave_to_earlier(job: JobRow, token: str, ledger: JobLedger, tokens: TokenAnswers) -> JobRow:
    """An earlier try was stopped, but has succeeded."""
    failure = Failure(JobTerminatedError.__name__, "an earlier job of the step has succeeded")
    ledger.reject_job(job.key, failure)
    tokens.succeed(token, {"status": JobState.SUCCEEDED})
    return job


def _end_jobs_of_before(
    key: JobKey, history: RunHistory, ledger: JobLedger, batch: BatchService
) -> None:
    """Terminate the step's jobs of before the redrive, which would write the same results.

    `stop_jobs` has not, if the event of the run's stop was lost, or came after the redrive.
    """
    jobs = [job for job in history.jobs if job.key.step == key.step]
    before = [job for job in jobs if job.key.redrive < key.redrive]
    end_jobs(before, f"run {key.run_id} was redriven", ledger, batch)


def _with_earlier(key: JobKey, plan: StepPlan, history: RunHistory) -> StepPlan:
    """The plan with the arguments about earlier steps.

    Images of a run that an earlier version has opened lack this option: what their jobs have read
    is checked when they have ended (`StepMemory.written_by`).
    """
    if missing := unfinished(plan, history.steps):
        raise SubmissionRejectedError(
            f"{key.job_name} reads what {', '.join(row.step for row in missing)} writes, which "
            f"has not succeeded in this run"
        )
    return told_of_earlier(plan, history.steps) if history.run.results_folder else plan


def _plan_of(key: JobKey, ledger: JobLedger) -> StepPlan:
    plan = plan_next_attempt(
        ledger.step(key.run_id, key.step).plan, failed_tries(key, ledger, before=True)
    )
    if plan is None:
        raise SubmissionRejectedError(
            f"{key.job_name}: no further try is allowed after the earlier ones"
        )
    return plan


def _require_open(run: RunRow, key: JobKey, ledger: JobLedger) -> None:
    """`stop_run` closes the run before its rows, so that stop and submission notice each other.

    `run` was read after the job's row was written.
    """
    if run.state.is_terminal:
        ledger.reject_job(key, Failure(JobTerminatedError.__name__, _ended(key)))
        raise RunEndedError(_ended(key))


def _ended(key: JobKey) -> str:
    return f"run {key.run_id} has ended"

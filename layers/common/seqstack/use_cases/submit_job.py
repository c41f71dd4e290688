"""Submit one try of a step exactly once, and make a task token wait for its end."""

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
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.answer_token import answer_token
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
    """Submit the job unless an earlier call did; either way `token` now waits for its end.

    The row with the token is written before the submission, and the job carries a name that no
    other try has; so a call that follows a crash finds the job instead of submitting another.
    A job that has ended already is answered for at once.

    Raises:
        SubmissionRejectedError: AWS Batch refuses the job; the ledger says so too.
        ResultsReplacedError: what an earlier step has written is not there; the ledger says so too.
        RunEndedError: the run has ended, and so has the job's row.
    """
    if key.redrive:
        ledger.reopen_step(key.run_id, key.step, key.redrive)
    plan = _plan_of(key, ledger)
    job, is_new = ledger.arm_job(key, plan, token)
    ledger.start_step(key.run_id, key.step, key.attempt)
    if not job.job_id and not job.state.is_terminal:
        _require_open_run(key, ledger)
        if ledger.step(key.run_id, key.step).state is StepState.SUCCEEDED:
            return _leave_to_earlier(job, token, ledger, tokens)
        found = None if is_new else batch.find_job(key, plan.job_queue)
        try:
            job_id = found or batch.submit(key, _with_earlier(key, plan, ledger, written_by))
        except (ResultsReplacedError, SubmissionRejectedError) as error:
            ledger.reject_job(key, Failure(type(error).__name__, str(error)))
            raise
        job = ledger.record_submission(key, job_id)
        if job.job_id != job_id:  # another call of this was under way, and its job stays
            batch.terminate(job_id, f"{job.job_id} was submitted as {key.job_name} before")
        elif job.state.is_terminal:  # the run was stopped between the look at it and now
            batch.terminate(job_id, _ended(key))
    answer_token(job, ledger, tokens)
    return job


def _leave_to_earlier(job: JobRow, token: str, ledger: JobLedger, tokens: TokenAnswers) -> JobRow:
    """A try before this one was told to end, and has done the step all the same."""
    failure = Failure(JobTerminatedError.__name__, "an earlier job of the step has succeeded")
    ledger.reject_job(job.key, failure)
    tokens.succeed(token, {"status": JobState.SUCCEEDED})
    return job


def _with_earlier(
    key: JobKey, plan: StepPlan, ledger: JobLedger, written_by: WrittenBy
) -> StepPlan:
    """The plan with what the job is told of the steps before it.

    The images of a run that an earlier version has opened know no such option: what their jobs have
    read is looked at when they have ended (`StepMemory.written_by`).
    """
    history = whole_history(key.run_id, ledger, written_by)
    if missing := unfinished(plan, history.steps):
        raise SubmissionRejectedError(
            f"{key.job_name} reads what {', '.join(row.step for row in missing)} writes, and that "
            "has not succeeded in this run"
        )
    return told_of_earlier(plan, history.steps) if history.run.results_folder else plan


def _plan_of(key: JobKey, ledger: JobLedger) -> StepPlan:
    plan = plan_next_attempt(
        ledger.step(key.run_id, key.step).plan, failed_tries(key, ledger, before=True)
    )
    if plan is None:
        raise SubmissionRejectedError(f"{key.job_name}: the tries before it allow no other")
    return plan


def _require_open_run(key: JobKey, ledger: JobLedger) -> None:
    """Whoever stops a run closes it first, then ends the rows: one of both sees the other."""
    if ledger.run(key.run_id).state.is_terminal:
        ledger.reject_job(key, Failure(JobTerminatedError.__name__, _ended(key)))
        raise RunEndedError(_ended(key))


def _ended(key: JobKey) -> str:
    return f"run {key.run_id} has ended"

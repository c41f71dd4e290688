"""Submit one try of a step exactly once, and make a task token wait for its end."""

from seqstack.domain.errors import SubmissionRejectedError
from seqstack.domain.failures import Failure
from seqstack.domain.job_record import JobKey
from seqstack.domain.records import JobRow
from seqstack.use_cases.answer_token import answer_token
from seqstack.use_cases.ports import BatchService, JobLedger, TokenAnswers


def submit_job(
    key: JobKey, token: str, ledger: JobLedger, batch: BatchService, tokens: TokenAnswers
) -> JobRow:
    """Submit the job unless an earlier call did; either way `token` now waits for its end.

    The row with the token is written before the submission, and the job carries a name that no
    other try has; so a call that follows a crash finds the job instead of submitting another.
    A job that has ended already is answered for at once.

    Raises:
        SubmissionRejectedError: AWS Batch refuses the job; the ledger says so too.
    """
    plan = ledger.step(key.run_id, key.step).plan
    job, is_new = ledger.arm_job(key, plan.tool, token)
    ledger.start_step(key.run_id, key.step, key.attempt)
    if not job.job_id and not job.state.is_terminal:
        found = None if is_new else batch.find_job(key, plan.job_queue)
        try:
            job_id = found or batch.submit(key, plan)
        except SubmissionRejectedError as error:
            ledger.reject_job(key, Failure(type(error).__name__, str(error)))
            raise
        job = ledger.record_submission(key, job_id, plan.job_queue)
    answer_token(job, ledger, tokens)
    return job

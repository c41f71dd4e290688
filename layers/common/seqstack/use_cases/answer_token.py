"""Wake the state machine that waits for a job, once the job has ended."""

from seqstack.domain.failures import Failure
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState
from seqstack.use_cases.ports import JobLedger, TokenAnswers


def answer_token(job: JobRow, ledger: JobLedger, tokens: TokenAnswers) -> bool:
    """Answer the newest token of an ended job, unless it has its answer.

    Returns:
        True if a state machine was woken by this call.
    """
    if not job.state.is_terminal or job.token_answered:
        return False
    if job.state is JobState.SUCCEEDED:
        woken = tokens.succeed(job.task_token, {"jobId": job.job_id, "status": job.state})
    else:
        woken = tokens.fail(job.task_token, job.failure or Failure("JobError", "no cause recorded"))
    # also when nobody waited: that token will never be waited on again
    ledger.mark_token_answered(job.key, job.task_token)
    return woken

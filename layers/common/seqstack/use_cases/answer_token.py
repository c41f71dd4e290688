"""Wake the state machine that waits for a job, once the job has ended."""

from seqstack.domain.errors import JobError, RunEndedError, TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.ports import JobLedger, TokenAnswers


def answer_token(job: JobRow, ledger: JobLedger, tokens: TokenAnswers) -> bool:
    """Answer the newest token of an ended job, once, however many calls hear of the end.

    A job that succeeded is answered for as its step ended: with failure, if what the job has
    written was replaced.

    The answer is claimed before it is given. A call that dies in between leaves the token without
    an answer; the state machine's wait runs out then, and it asks for the job's state itself.

    Returns:
        True if a state machine was woken by this call.
    """
    if not job.state.is_terminal or job.token_answered:
        return False
    failure = job.failure or _UNKNOWN
    is_done = False
    if job.state is JobState.SUCCEEDED:
        step = ledger.step(job.key.run_id, job.key.step)
        if not step.state.is_terminal:
            return False  # a newer job of the step is under way
        is_done, failure = step.state is StepState.SUCCEEDED, step.failure or _STOPPED
    if not ledger.claim_token(job.key, job.task_token):
        return False
    try:
        if is_done:
            return tokens.succeed(job.task_token, {"jobId": job.job_id, "status": job.state})
        return tokens.fail(job.task_token, failure)
    except TransientServiceError:
        ledger.release_token(job.key, job.task_token)
        raise


_UNKNOWN = Failure(JobError.__name__, "no cause was recorded")
_STOPPED = Failure(RunEndedError.__name__, "the run has ended")

"""Answer the task token of an ended job."""

from seqstack.domain.errors import JobError, RunEndedError, TransientServiceError
from seqstack.domain.failures import Failure
from seqstack.domain.records import JobRow
from seqstack.domain.words import JobState, StepState
from seqstack.use_cases.ports import JobLedger, TokenAnswers


def answer_token(job: JobRow, ledger: JobLedger, tokens: TokenAnswers) -> bool:
    """Answer the newest token of an ended job exactly once, for any number of calls.

    For a job that succeeded, the answer is its step's end: a failure, if the job's outputs were
    replaced.

    The answer is claimed before it is sent. If a call dies in between, the token gets no answer;
    the state machine's wait then times out, and it asks for the job's state itself.

    Returns:
        True if this call answered a token.
    """
    if not job.state.is_terminal or job.token_answered:
        return False
    failure = job.failure or _UNKNOWN
    is_done = False
    if job.state is JobState.SUCCEEDED:
        step = ledger.step(job.key.run_id, job.key.step)
        if not step.state.is_terminal:
            return False  # the step has a newer job
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

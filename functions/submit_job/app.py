"""Submit one try of a step to AWS Batch exactly once, and register the task token for its end.

If an earlier run has done the same step, its outputs are reused, no job is submitted, and the token
is answered. If another run is doing the same work now, the step waits for that run.

Invoked by `run_batch_job` with `.waitForTaskToken`: in SubmitJob, and again in AwaitJob, where it
finds the submitted job and only stores the new token. The function's own result is ignored.

Raises:
    SubmissionRejectedError: AWS Batch refuses the job.
    ResultsInUseError: another run with other work uses the results folder now.
    ResultsReplacedError: an output of an earlier step was overwritten or deleted.
    RunEndedError: the run has ended; nothing more is submitted for it.
    UnknownRunError: the ledger has no such run or step.
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.event_types import TaskToken
from seqstack.adapters.executions import Executions
from seqstack.adapters.metrics import Metric
from seqstack.adapters.settings import FunctionSettings
from seqstack.adapters.state_machine_events import JobEvent
from seqstack.domain.words import JobState
from seqstack.use_cases.hold_results import catch_up_holder, reopen_run, wait_for_holder
from seqstack.use_cases.reuse_step import reuse_step
from seqstack.use_cases.submit_job import submit_job
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)


class SubmitJobEvent(JobEvent):
    """The job to submit and the token that waits for it."""

    task_token: TaskToken


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=SubmitJobEvent)
def lambda_handler(event: SubmitJobEvent, _context: LambdaContext) -> dict[str, str]:
    """Return the job's `jobId` and `status`; only `status` if the step needs no job."""
    logger.append_keys(runId=event.run_id, step=event.step, attempt=event.key.attempt)
    services = Services(FunctionSettings.from_environment())
    ledger, tokens, memory = services.ledger, services.tokens, services.step_memory
    key, token, now = event.key, event.task_token, datetime.now(UTC)
    reopen_run(key.run_id, key.redrive, now, ledger, Executions(ledger))
    holder, waiting = wait_for_holder(key, token, now, ledger) or (None, None)
    reused = reuse_step(key, token, ledger, tokens, memory.recall, memory.written_by, waiting)
    if not reused and holder and catch_up_holder(holder, key.step, ledger, memory.remember):
        reused = reuse_step(key, token, ledger, tokens, memory.recall, memory.written_by, waiting)
    if reused:
        logger.info("Step is reused", reusedFrom=reused.reused_from)
        services.metrics.count(Metric.STEP_REUSED)
        return {"status": reused.state}
    if holder:
        logger.info("Waiting for another run's step", holder=holder.run_id)
        return {"status": JobState.SUBMITTING}
    job = submit_job(key, token, ledger, services.batch, tokens, memory.written_by)
    logger.info("Waiting for job", jobId=job.job_id, state=job.state)
    return {"jobId": job.job_id, "status": job.state}

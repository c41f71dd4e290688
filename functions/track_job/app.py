"""Record a job's state change in the ledger; at the job's end, answer the task token.

Invoked by EventBridge for every state change of a job in the stack's queues, and for a job that
blocks its queue, which is recorded in the job's row. Events may arrive late, twice, out of order,
or be about jobs that no run has submitted: such events change nothing.

Raises:
    TransientServiceError: AWS could not answer now; Lambda retries, then the event goes to the
        dead-letter queue and the state machine reconciles by itself.
"""

from dataclasses import dataclass

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.eventbridge_events import BatchJobEvent
from seqstack.adapters.settings import FunctionSettings
from seqstack.domain.job_record import JobRecord
from seqstack.use_cases.track_job import track_job
from seqstack.wiring.services import Services, log_reader

logger = Logger(use_rfc3339=True)

_QUEUE_BLOCKED = "Batch Job Queue Blocked"


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """The variables of `track_job`."""

    job_log_group: str


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=BatchJobEvent)
def lambda_handler(event: BatchJobEvent, _context: LambdaContext) -> dict[str, str]:
    """Return the job's id and its state in the ledger, or UNKNOWN for a foreign job."""
    job = JobRecord.from_batch(event.detail.as_batch())
    logger.append_keys(jobId=job.job_id)
    if job.key:
        logger.append_keys(runId=job.key.run_id, step=job.key.step, attempt=job.key.attempt)
    settings = Settings.from_environment()
    services = Services(settings)
    if event.detail_type == _QUEUE_BLOCKED:
        # https://docs.aws.amazon.com/batch/latest/userguide/batch-job-queue-blocked-events.html
        logger.warning("Job blocks its queue", jobQueue=job.job_queue, reason=job.status_reason)
        services.metrics.count_blocked_queue(job.job_queue)
    row = track_job(
        job,
        services.ledger,
        services.tokens,
        log_reader(settings.job_log_group),
        services.step_memory.written_by,
        services.remembering(logger),
        services.metrics.count_job,
    )
    if row is None:
        logger.info("Job belongs to no run", state=job.state)
        return {"jobId": job.job_id, "state": "UNKNOWN"}
    logger.info("Job tracked", heard=job.state, state=row.state)
    return {"jobId": job.job_id, "state": row.state}

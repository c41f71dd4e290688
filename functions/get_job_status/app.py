"""Return a job's status, and whether to try again.

Invoked by `run_batch_job` when the wait for the token has timed out, to ask AWS Batch itself; and
when the job has failed in a way that may be transient. Updates the ledger.

Raises:
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from dataclasses import dataclass

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.settings import FunctionSettings
from seqstack.adapters.state_machine_events import JobEvent
from seqstack.use_cases.get_job_status import get_job_status
from seqstack.wiring.services import Services, log_reader

logger = Logger(use_rfc3339=True)


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """The variables of `get_job_status`."""

    job_log_group: str


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=JobEvent)
def lambda_handler(event: JobEvent, _context: LambdaContext) -> dict[str, str | bool]:
    """Return `jobId`, `status`, `canRetry`; `error` and `cause` are empty unless the job failed."""
    logger.append_keys(runId=event.run_id, step=event.step, attempt=event.key.attempt)
    settings = Settings.from_environment()
    services = Services(settings)
    job = get_job_status(
        event.key,
        services.ledger,
        services.batch,
        log_reader(settings.job_log_group),
        services.step_memory.written_by,
        services.remembering(logger),
        services.metrics.count_job,
        services.tokens,
    )
    logger.info("Job reconciled", state=job.state, canRetry=job.can_retry)
    return {
        "jobId": job.job_id,
        "status": job.state,
        "canRetry": job.can_retry,
        "error": job.failure.error if job.failure else "",
        "cause": job.failure.cause if job.failure else "",
    }

"""Account for a job: its hosts, resource usage and cost.

Invoked by EventBridge when a job of the stack's queues starts to run, to record its host while the
instance exists, and when it has ended. Events may arrive late, twice, or be about jobs that no run
has submitted. No run waits for this function: if it fails, `account_runs` does its work later.

Raises:
    TransientServiceError: AWS could not answer now; Lambda retries, then the event goes to the
        dead-letter queue.
"""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.eventbridge_events import BatchJobEvent
from seqstack.domain.job_record import JobRecord
from seqstack.wiring.accounting import AccountingSettings, job_accountant

logger = Logger(use_rfc3339=True)


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=BatchJobEvent)
def lambda_handler(event: BatchJobEvent, _context: LambdaContext) -> dict[str, str]:
    """Return the job's id, and its cost in US dollars once it has ended."""
    detail = event.detail.as_batch()
    job = JobRecord.from_batch(detail)
    logger.append_keys(jobId=job.job_id)
    if job.key is None:
        logger.info("Job belongs to no run", state=job.state)
        return {"jobId": job.job_id}
    logger.append_keys(runId=job.key.run_id, step=job.key.step, attempt=job.key.attempt)
    accountant = job_accountant(AccountingSettings.from_environment())
    if not job.state.is_terminal:
        host = accountant.note_host(job.container_instance)
        logger.info("Host noted", instanceType=host.instance_type, zone=host.availability_zone)
        return {"jobId": job.job_id}
    account = accountant.account(detail)
    if account is None:
        logger.info("Job is not in the ledger")
        return {"jobId": job.job_id}
    logger.info("Job accounted for", usd=account.cost.usd, complete=account.is_complete)
    return {"jobId": job.job_id, "costUsd": str(account.cost.usd)}

"""Tell what became of a job, and whether another try is worth it.

Invoked by `run_batch_job` when the wait for the token has run out, and asks AWS Batch itself then;
and when the job has failed in a way that may pass. Brings the ledger up to date.

Raises:
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from functools import partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.batch import Batch
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.metrics import count_job
from seqstack.adapters.object_identity import read_provenance, stored_objects
from seqstack.adapters.state_machine_events import JobEvent
from seqstack.adapters.step_cache import StepCache
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.domain.records import JobRow, RunHistory
from seqstack.use_cases.get_job_status import get_job_status
from seqstack.use_cases.ports import Remember
from seqstack.use_cases.step_memory import StepMemory

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=JobEvent)
def lambda_handler(event: JobEvent, _context: LambdaContext) -> dict[str, str | bool]:
    """Return `jobId`, `status`, `canRetry`; `error` and `cause` are empty but for a failed job."""
    logger.append_keys(runId=event.run_id, step=event.step, attempt=event.key.attempt)
    table = settings.ledger_table()
    ledger = Ledger(table)
    noted = ledger.note_tool_versions
    memory = StepMemory(stored_objects, read_provenance, StepCache(table), noted)
    job = get_job_status(
        event.key,
        ledger,
        Batch(),
        partial(last_log_lines, settings.job_log_group()),
        memory.written_by,
        _remembering(memory),
        count_job,
        TaskTokens(),
    )
    logger.info("Job reconciled", state=job.state, canRetry=job.can_retry)
    return {
        "jobId": job.job_id,
        "status": job.state,
        "canRetry": job.can_retry,
        "error": job.failure.error if job.failure else "",
        "cause": job.failure.cause if job.failure else "",
    }


def _remembering(memory: StepMemory) -> Remember:
    def remember(job: JobRow, history: RunHistory) -> None:
        outcome = memory.remember(job, history)
        logger.info("Outputs considered for reuse", outcome=outcome)

    return remember

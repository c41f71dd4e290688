"""Ask AWS Batch what became of a job whose end no event has told.

Invoked by `run_batch_job` when the wait for the token has run out. Brings the ledger up to date.

Raises:
    TransientServiceError: AWS could not answer now; the state machine retries.
"""

from functools import partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.batch import Batch
from seqstack.adapters.job_event import JobEvent
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.use_cases.get_job_status import get_job_status

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=JobEvent)
def lambda_handler(event: JobEvent, _context: LambdaContext) -> dict[str, str]:
    """Return `status`, and `error` and `cause` of a job that failed (empty of any other)."""
    logger.append_keys(runId=event.run_id, step=event.step, attempt=event.attempt)
    state, failure = get_job_status(
        event.key,
        Ledger(settings.ledger_table()),
        Batch(),
        partial(last_log_lines, settings.job_log_group()),
    )
    logger.info("Job reconciled", state=state)
    return {
        "status": state,
        "error": failure.error if failure else "",
        "cause": failure.cause if failure else "",
    }

"""End everything that a run still has, once its execution has ended without success.

Invoked by EventBridge when an execution of a workflow has failed, timed out or was
aborted. Closes the run (also when the execution could not record its end itself), terminates
every job it still has, and closes its open steps. Safe to call again.

Raises:
    TransientServiceError: AWS could not answer now; Lambda retries, then the event goes to the
        dead-letter queue, and the next sweep does the work.
"""

from dataclasses import replace
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.batch import Batch
from seqstack.adapters.execution_event import UnsuccessfulEnd
from seqstack.adapters.expiry import let_expire
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.metrics import count_run_end
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.use_cases.hold_results import wake_waiting
from seqstack.use_cases.stop_run import stop_run

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=UnsuccessfulEnd)
def lambda_handler(event: UnsuccessfulEnd, _context: LambdaContext) -> dict[str, object]:
    """Return the ids of the jobs that were terminated."""
    ended = event.detail.as_row()
    logger.append_keys(runId=ended.run_id)
    ledger = Ledger(settings.ledger_table())
    failure = event.detail.as_failure()
    closed_now, stopped = stop_run(ended, failure, ledger, Batch())
    wake_waiting(ended.run_id, ledger, TaskTokens())
    let_expire(ended.run_id, datetime.now(UTC), ledger)
    logger.info("Run stopped", state=ended.state, jobs=list(stopped))
    if closed_now:
        count_run_end(replace(ended, failure=failure))
    return {"runId": ended.run_id, "stopped": list(stopped)}

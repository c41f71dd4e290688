"""Tell people and programs that a run has ended, and its cohort with the last of its runs.

Invoked by EventBridge for every end of an execution of a workflow. Promises one message
for each end, and never a second: the call that writes the end's row first is the one that
publishes. `docs/decisions/0016-one-message-per-end.md` says what a crash in between means.

Raises:
    MessageRefusedError: Amazon SNS did not take the message; Lambda retries, then the event goes to
        the dead-letter queue, and the next sweep tells of the end.
    TransientServiceError: AWS could not answer now; the same follows.
"""

from dataclasses import replace
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.announcing import announcer
from seqstack.adapters.execution_event import ExecutionEnd
from seqstack.adapters.expiry import let_expire
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.metrics import count_run_end
from seqstack.domain.words import RunState
from seqstack.use_cases.announce_end import Told
from seqstack.use_cases.notify_run_end import notify_run_end

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=ExecutionEnd)
def lambda_handler(event: ExecutionEnd, _context: LambdaContext) -> dict[str, str]:
    """Return what became of telling of the run and of its cohort."""
    now, ended = datetime.now(UTC), event.detail.as_row()
    logger.append_keys(runId=ended.run_id)
    failure = None if ended.state is RunState.SUCCEEDED else event.detail.as_failure()
    ledger = Ledger(settings.ledger_table())
    closed_now, run, cohort = notify_run_end(ended, failure, ledger, announcer(ledger), now)
    let_expire(ended.run_id, now, ledger)
    if closed_now:
        count_run_end(replace(ended, failure=failure))
    tell = logger.error if Told.UNSURE in {run, cohort} else logger.info
    tell("End was heard of", state=ended.state, run=run, cohort=cohort)
    return {"runId": ended.run_id, "run": run, "cohort": cohort}

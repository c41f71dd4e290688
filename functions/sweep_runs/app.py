"""Repair what lost events have left behind.

Invoked every hour by a schedule. Closes runs whose execution has ended, asks Batch about jobs that
the ledger takes for unfinished, terminates jobs whose run has ended or is not known, and closes
steps that are still open in an ended run. Finds nothing to do when no event was lost.

Raises:
    TransientServiceError: AWS could not answer now; the next sweep does the rest.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.batch import Batch
from seqstack.adapters.executions import Executions
from seqstack.adapters.expiry import let_expire
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.use_cases.sweep_runs import Sweeper

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(_event: object, _context: LambdaContext) -> dict[str, int]:
    """Return how many runs were closed, jobs caught up with, and jobs terminated."""
    now = datetime.now(UTC)
    ledger = Ledger(settings.ledger_table())
    sweeper = Sweeper(
        ledger,
        Batch(),
        Executions(),
        TaskTokens(),
        partial(last_log_lines, settings.job_log_group()),
        settings.job_queues(),
        lambda run_id: let_expire(run_id, now, ledger),
    )
    swept = asdict(sweeper.sweep(now))
    logger.info("Swept", **swept)
    return swept

"""Repair what lost events have left behind.

Invoked every hour by a schedule. Closes runs whose execution has ended, asks Batch about jobs that
the ledger takes for unfinished, terminates jobs whose run has ended or is not known, and closes
steps that are still open in an ended run. Finds nothing to do when no event was lost.

Raises:
    TransientServiceError: AWS could not answer now; the next sweep does the rest.
"""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters import settings
from seqstack.adapters.announcing import announcer
from seqstack.adapters.batch import Batch
from seqstack.adapters.executions import Executions
from seqstack.adapters.expiry import let_expire
from seqstack.adapters.job_logs import last_log_lines
from seqstack.adapters.ledger import Ledger
from seqstack.adapters.metrics import Metric, count, count_job, count_open_jobs, count_run_end
from seqstack.adapters.object_identity import read_provenance, stored_objects
from seqstack.adapters.step_cache import StepCache
from seqstack.adapters.task_tokens import TaskTokens
from seqstack.domain.notices import EndId
from seqstack.domain.records import RunRow
from seqstack.use_cases.step_memory import StepMemory
from seqstack.use_cases.sweep_runs import Sweeper

logger = Logger()

_TO_FINISH_MS = 60_000  # what the runs and jobs under way may still take


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(_event: object, context: LambdaContext) -> dict[str, int]:
    """Return how many runs were closed, jobs caught up with, jobs terminated, and runs left out."""
    now = datetime.now(UTC)
    table = settings.ledger_table()
    ledger = Ledger(table)
    noted = ledger.note_tool_versions
    memory = StepMemory(stored_objects, read_provenance, StepCache(table), noted)

    def tell_closed(run: RunRow) -> None:
        logger.warning("Run was closed by the sweep", runId=run.run_id, state=run.state)
        let_expire(run.run_id, now, ledger)
        count_run_end(run)

    def tell_unsure(ends: Iterable[EndId]) -> None:
        for end in ends:
            logger.error("Nobody knows whether this end was told", endId=str(end))

    sweeper = Sweeper(
        ledger,
        Batch(),
        Executions(*settings.state_machines().values()),
        TaskTokens(),
        partial(last_log_lines, settings.job_log_group()),
        memory.written_by,
        memory.remember,
        settings.job_queues(),
        lambda: context.get_remaining_time_in_millis() > _TO_FINISH_MS,
        tell_closed,
        count_job,
        partial(count_open_jobs, now),
        announcer(ledger),
        tell_unsure,
    )
    swept = sweeper.sweep(now)
    tell = logger.warning if swept.runs_left else logger.info
    tell("Swept", **asdict(swept))
    count(Metric.SWEEP_REPAIRED, swept.repairs)
    return asdict(swept)

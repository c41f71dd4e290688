"""Repair the state that lost events have left behind.

Invoked every hour by a schedule. Closes runs whose execution has ended, asks Batch about jobs that
are unfinished in the ledger, terminates jobs whose run has ended or is unknown, and closes open
steps of ended runs. If no event was lost, it changes nothing.

Raises:
    TransientServiceError: AWS could not answer now; the next sweep does the rest.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.executions import Executions
from seqstack.adapters.metrics import Metric
from seqstack.domain.notifications import NotificationId
from seqstack.domain.records import RunRow
from seqstack.use_cases.close_run import set_expiry
from seqstack.use_cases.sweep_runs import Sweeper
from seqstack.wiring.notifications import NotifierSettings, notifier
from seqstack.wiring.services import Services, log_reader

logger = Logger(use_rfc3339=True)

_TO_FINISH_MS = 60_000  # for the runs and jobs in progress


@dataclass(frozen=True, kw_only=True)
class Settings(NotifierSettings):
    """The variables of `sweep_runs`."""

    expire_finished_runs_after_days: int
    job_log_group: str
    high_priority_queue: str
    low_priority_queue: str
    on_demand_queue: str

    @property
    def job_queues(self) -> tuple[str, ...]:
        """Every job queue of the stack."""
        return self.high_priority_queue, self.low_priority_queue, self.on_demand_queue


@logger.inject_lambda_context(clear_state=True)
def lambda_handler(_event: object, context: LambdaContext) -> dict[str, int]:
    """Return the numbers of runs closed, jobs updated, jobs terminated, and runs skipped."""
    settings, now = Settings.from_environment(), datetime.now(UTC)
    services = Services(settings)
    ledger, memory, metrics = services.ledger, services.step_memory, services.metrics
    days = settings.expire_finished_runs_after_days

    def on_run_closed(run: RunRow) -> None:
        logger.warning("Run was closed by the sweep", runId=run.run_id, state=run.state)
        set_expiry(run.run_id, days, now, ledger)
        metrics.count_run_end(run)

    def on_unsure_notifications(unsure: Iterable[NotificationId]) -> None:
        for notification in unsure:
            logger.error("Notification may or may not have been sent", endId=str(notification))

    sweeper = Sweeper(
        ledger,
        services.batch,
        Executions(ledger, settings.state_machines),
        services.tokens,
        log_reader(settings.job_log_group),
        memory.written_by,
        memory.remember,
        settings.job_queues,
        lambda: context.get_remaining_time_in_millis() > _TO_FINISH_MS,
        on_run_closed,
        metrics.count_job,
        partial(metrics.count_open_jobs, now),
        notifier(settings, ledger),
        on_unsure_notifications,
    )
    swept = sweeper.sweep(now)
    log = logger.warning if swept.runs_left else logger.info
    log("Swept", **asdict(swept))
    metrics.count(Metric.SWEEP_REPAIRED, swept.repairs)
    return asdict(swept)

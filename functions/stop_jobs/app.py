"""Terminate the jobs of a run whose execution has ended without success, and close the run.

Invoked by EventBridge when an execution of a workflow has failed, timed out or was aborted. Closes
the run (also when the execution could not record its end itself), terminates its remaining jobs,
and closes its open steps. Safe to call again.

Raises:
    TransientServiceError: AWS could not answer now; Lambda retries, then the event goes to the
        dead-letter queue, and the next sweep repeats the work.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.eventbridge_events import UnsuccessfulEnd
from seqstack.adapters.settings import FunctionSettings
from seqstack.use_cases.close_run import set_expiry
from seqstack.use_cases.hold_results import wake_waiting
from seqstack.use_cases.stop_run import stop_run
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)


@dataclass(frozen=True, kw_only=True)
class Settings(FunctionSettings):
    """The variables of `stop_jobs`."""

    expire_finished_runs_after_days: int


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=UnsuccessfulEnd)
def lambda_handler(event: UnsuccessfulEnd, _context: LambdaContext) -> dict[str, object]:
    """Return the ids of the jobs that were terminated."""
    settings, ended = Settings.from_environment(), event.detail.as_row()
    logger.append_keys(runId=ended.run_id)
    services = Services(settings)
    ledger, days = services.ledger, settings.expire_finished_runs_after_days
    failure = event.detail.as_failure()
    closed_now, stopped = stop_run(ended, failure, ledger, services.batch)
    wake_waiting(ended.run_id, ledger, services.tokens)
    set_expiry(ended.run_id, days, datetime.now(UTC), ledger)
    logger.info("Run stopped", state=ended.state, jobs=list(stopped))
    if closed_now:
        services.metrics.count_run_end(replace(ended, failure=failure))
    return {"runId": ended.run_id, "stopped": list(stopped)}

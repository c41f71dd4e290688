"""Complete the accounts of ended runs, of jobs and orchestration; then write the runs' reports.

Invoked by EventBridge when an execution of a workflow has ended, and every hour for runs that ended
recently and whose accounts are incomplete: because an event was lost, or a log arrived late. Safe
to repeat. No run waits for this function.

Raises:
    TransientServiceError: AWS could not answer now; the next hour does the rest.
"""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from seqstack.adapters.event_types import RunId
from seqstack.adapters.objects import read_written
from seqstack.adapters.report_pages import write_page
from seqstack.use_cases.report_run import report_run
from seqstack.wiring.accounting import AccountingSettings, run_accountant
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)

_SCHEDULED = "Scheduled Event"
_TO_FINISH_MS = 60_000  # for the run in progress


class RunEnded(BaseModel):
    """The run of an execution that has ended; absent in the schedule's event."""

    name: RunId | None = None


class RunEndedOrHourPassed(EventBridgeModel):
    """EventBridge's envelope of an execution's status change, or of the schedule's event."""

    detail: RunEnded


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=RunEndedOrHourPassed)
def lambda_handler(event: RunEndedOrHourPassed, context: LambdaContext) -> dict[str, Any]:
    """Return the run's id and its cost in US dollars, or how many runs were completed late."""
    settings, now = AccountingSettings.from_environment(), datetime.now(UTC)
    accountant = run_accountant(settings)
    report = partial(
        report_run,
        ledger=Services(settings).ledger,
        write_page=write_page,
        read_written=read_written,
        now=now,
    )
    if event.detail_type == _SCHEDULED:

        def has_time() -> bool:
            return context.get_remaining_time_in_millis() > _TO_FINISH_MS

        completed = 0
        for late in accountant.complete_late(now, has_time):
            report(late)
            completed += 1
        log = logger.info if has_time() else logger.warning  # the next hour does the others
        log("Late runs accounted for", runs=completed)
        return {"runsClosed": completed}
    run_id = event.detail.name
    if run_id is None:
        logger.warning("Event names no run")
        return {"runId": ""}
    logger.append_keys(runId=run_id)
    history = accountant.complete_account(run_id)
    written = report(run_id)
    logger.info("Report written" if written else "Run has no report")
    if history is None or history.run.cost is None:
        logger.info("Run has no account")
        return {"runId": run_id}
    logger.info("Run accounted for", usd=history.run.cost.usd)
    return {"runId": run_id, "costUsd": str(history.run.cost.usd)}

"""Complete the accounts of runs: of their jobs, and of their orchestration.

Invoked by EventBridge when an execution of a workflow has ended, and every hour for runs that ended
recently and whose accounts are incomplete: because an event was lost, or a log arrived late. Safe
to repeat. No run waits for this function.

Raises:
    TransientServiceError: AWS could not answer now; the next hour does the rest.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.parser.models import EventBridgeModel
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from seqstack.adapters.event_types import RunId
from seqstack.wiring.accounting import AccountingSettings, run_accountant

logger = Logger()

_SCHEDULED = "Scheduled Event"


class RunEnded(BaseModel):
    """The run of an execution that has ended; absent in the schedule's event."""

    name: RunId | None = None


class RunEndedOrHourPassed(EventBridgeModel):
    """EventBridge's envelope of an execution's status change, or of the schedule's event."""

    detail: RunEnded


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=RunEndedOrHourPassed)
def lambda_handler(event: RunEndedOrHourPassed, _context: LambdaContext) -> dict[str, Any]:
    """Return the run's id and its cost in US dollars, or how many runs were completed late."""
    accountant = run_accountant(AccountingSettings.from_environment())
    if event.detail_type == _SCHEDULED:
        completed = accountant.complete_late(datetime.now(UTC))
        logger.info("Late runs accounted for", runs=completed)
        return {"runsClosed": completed}
    run_id = event.detail.name
    if run_id is None:
        logger.warning("Event names no run")
        return {"runId": ""}
    logger.append_keys(runId=run_id)
    history = accountant.complete_account(run_id)
    if history is None or history.run.cost is None:
        logger.info("Run has no account")
        return {"runId": run_id}
    logger.info("Run accounted for", usd=history.run.cost.usd)
    return {"runId": run_id, "costUsd": str(history.run.cost.usd)}

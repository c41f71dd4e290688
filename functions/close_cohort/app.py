"""Close a cohort whose execution has ended, stop the runs that are left, and send a notification.

Invoked by EventBridge for every end of an execution of `cohort`. Safe to call again.

Raises:
    TransientServiceError: AWS could not answer now; Lambda retries, then the event goes to the
        dead-letter queue.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.eventbridge_events import ExecutionDetail, ExecutionEnd
from seqstack.adapters.executions import Executions
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.failures import real_failure
from seqstack.domain.json_text import read_json
from seqstack.domain.words import CohortState
from seqstack.domain.workflow_names import COHORT_NAME
from seqstack.use_cases.close_cohort import close_cohort
from seqstack.use_cases.notify_run_end import NotificationOutcome
from seqstack.wiring.notifications import NotifierSettings, notifier
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)


@dataclass(frozen=True, kw_only=True)
class Settings(NotifierSettings):
    """The variables of `close_cohort`."""

    cohort_arn: str


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=ExecutionEnd)
def lambda_handler(event: ExecutionEnd, _context: LambdaContext) -> dict[str, object]:
    """Return whether this call closed the cohort, and the ids of the runs that it stopped."""
    settings, end = Settings.from_environment(), event.detail
    logger.append_keys(execution=end.name)
    ledger = Services(settings).ledger
    document = _input(end, Executions(ledger, {COHORT_NAME: settings.cohort_arn}))
    cohort_id = RunIdentity.of(document).cohort_id
    row, failure = end.as_row(), None
    state = CohortState(row.state)
    if state is not CohortState.SUCCEEDED:
        failure = real_failure(end.as_failure().error, end.as_failure().cause)
    ended = CohortRow(
        cohort_id,
        end.execution_arn,
        state,
        row.started_at,
        sheet="",
        is_dry_run=document.get("dryRun") is True,
        ended_at=row.ended_at,
        failure=failure,
    )
    runs = Executions(ledger, settings.state_machines)
    closed, stopped = close_cohort(ended, ledger, runs) if cohort_id else (False, ())
    told = NotificationOutcome.NOT_ENDED
    if cohort_id and not ended.is_dry_run:
        told = notifier(settings, ledger).notify_cohort(cohort_id, datetime.now(UTC))
    logger.info(
        "Cohort closed", state=ended.state, closed=closed, stopped=list(stopped), notification=told
    )
    return {"closed": closed, "stopped": list(stopped), "notification": told}


def _input(end: ExecutionDetail, executions: Executions) -> Mapping[str, Any]:
    """The execution's input, from the event if it has it."""
    if end.input is not None:
        document = read_json(end.input)
        return document if isinstance(document, dict) else {}
    execution = executions.find(end.name)
    return execution.document if execution else {}

"""Send the notification of a run's end, and with a cohort's last run that of the cohort.

Invoked by EventBridge for every end of an execution of a workflow. Sends at most one message for
each end: only the call that creates the end's row publishes.
`docs/decisions/0016-one-message-per-end.md` explains what happens after a crash in between.

Raises:
    MessageRefusedError: Amazon SNS did not accept the message; Lambda retries, then the event goes
        to the dead-letter queue, and the next sweep sends the notification.
    TransientServiceError: AWS could not answer now; retried in the same way.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.parser import event_parser
from aws_lambda_powertools.utilities.typing import LambdaContext

from seqstack.adapters.eventbridge_events import ExecutionEnd
from seqstack.domain.words import RunState
from seqstack.use_cases.close_run import set_expiry
from seqstack.use_cases.notify_run_end import NotificationOutcome, notify_run_end
from seqstack.wiring.notifications import NotifierSettings, notifier
from seqstack.wiring.services import Services

logger = Logger(use_rfc3339=True)


@dataclass(frozen=True, kw_only=True)
class Settings(NotifierSettings):
    """The variables of `notify_run_end`."""

    expire_finished_runs_after_days: int


@logger.inject_lambda_context(clear_state=True)
@event_parser(model=ExecutionEnd)
def lambda_handler(event: ExecutionEnd, _context: LambdaContext) -> dict[str, str]:
    """Return the outcomes of the notifications of the run and of its cohort."""
    settings, now = Settings.from_environment(), datetime.now(UTC)
    services, ended = Services(settings), event.detail.as_row()
    logger.append_keys(runId=ended.run_id)
    failure = None if ended.state is RunState.SUCCEEDED else event.detail.as_failure()
    ledger, days = services.ledger, settings.expire_finished_runs_after_days
    notify = notifier(settings, ledger)
    closed_now, run, cohort = notify_run_end(ended, failure, ledger, notify, now)
    set_expiry(ended.run_id, days, now, ledger)
    if closed_now:
        services.metrics.count_run_end(replace(ended, failure=failure))
    log = logger.error if NotificationOutcome.UNSURE in {run, cohort} else logger.info
    log("Run end handled", state=ended.state, run=run, cohort=cohort)
    return {"runId": ended.run_id, "run": run, "cohort": cohort}

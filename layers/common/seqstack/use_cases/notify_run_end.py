"""Send the notification of the end of a run or cohort: one message for people, an event for
programs.

The call that first writes the notification's row publishes the message; no other call does. A call
that dies in between leaves a row without a message id. Whether that message was sent is unknown:
Amazon SNS can't be asked, and it does not deduplicate e-mail. The message is not sent again, and
`catch_up_notifications` reports it later.

The event is put first, so that none is lost. If the call then dies, the event is put again, with
the same `endId`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from seqstack.domain.cohort_budget import end_of_execution
from seqstack.domain.cohort_record import CohortRow
from seqstack.domain.cohorts import EndedCohort, ended_cohort
from seqstack.domain.errors import MessageRefusedError
from seqstack.domain.failures import Failure
from seqstack.domain.notification_content import (
    Notification,
    cohort_notification,
    run_notification,
    run_notification_id,
)
from seqstack.domain.notifications import NotificationId, NotificationKind
from seqstack.domain.records import RunRow, utc_text
from seqstack.domain.run_pages import Cursor, RunFilter
from seqstack.use_cases.finish_run import record_run_failure
from seqstack.use_cases.ports import EventBus, FindIdentity, Ledger, NotificationLedger, Topic

_NEWEST = 10


class NotificationOutcome(StrEnum):
    """Outcome of a notification."""

    SENT = "sent"
    UNSURE = "possibly sent"
    CLAIMED = "already sent, or being sent"
    NOT_ENDED = "nothing has ended"


@dataclass(frozen=True, slots=True)
class Notifier:
    """Sends notifications. `find_identity` finds the sample of a run whose input was refused."""

    ledger: NotificationLedger
    topic: Topic
    bus: EventBus
    find_identity: FindIdentity
    environment: str

    def notify_run(self, ended: RunRow, now: datetime) -> NotificationOutcome:
        """Send the notification of a run's end; `ended` is the run from its execution's end.

        The ledger's row is used if it has the same or a later redrive. For a redriven, running run,
        the notification is sent when it ends again.

        Raises:
            MessageRefusedError: the message was certainly not sent; the next caller may try.
            TransientServiceError: AWS could not answer now.
        """
        run = self.ledger.run(ended.run_id)
        if not run.state.is_terminal:
            return NotificationOutcome.NOT_ENDED
        if run.redrive < ended.redrive:  # it ended again before a step could open the row
            run = replace(
                run, state=ended.state, ended_at=ended.ended_at, failure=ended.failure,
                redrive=ended.redrive,
            )  # fmt: skip
        run = self._identified(run)
        return self._notify(
            run_notification_id(run), lambda: run_notification(run, self.environment), now
        )

    def notify_cohort(self, cohort_id: str, now: datetime) -> NotificationOutcome:
        """Send the notification of a cohort's end if it has ended; raises as `notify_run`.

        If an execution of `cohort` runs it, this is the execution's end, and each has its own.
        """
        row = self._execution_of(cohort_id)
        key = self._cohort_end(cohort_id, row)
        if self._is_claimed(key):
            return NotificationOutcome.CLAIMED
        cohort = self._ended_cohort(cohort_id) if row is None else self._ended_execution(row)
        if cohort is None:
            return NotificationOutcome.NOT_ENDED
        return self._notify(key, lambda: cohort_notification(cohort, self.environment), now)

    def cohort_end(self, cohort_id: str) -> NotificationId:
        """The id of the notification of a cohort's newest end."""
        return self._cohort_end(cohort_id, self._execution_of(cohort_id))

    def _cohort_end(self, cohort_id: str, row: CohortRow | None) -> NotificationId:
        return NotificationId(NotificationKind.COHORT, cohort_id, row.ends if row else 0)

    def _execution_of(self, cohort_id: str) -> CohortRow | None:
        """The row of the cohort's newest execution; None if only runs name the cohort."""
        row = self.ledger.cohort(cohort_id)
        was_refused = row is not None and row.state.is_terminal and not row.plan
        return None if row and was_refused and row.ends == 1 else row

    def _ended_execution(self, row: CohortRow) -> EndedCohort | None:
        """The end of an execution that had samples to run, or to call jointly.

        None while it is running, or a run that it was stopped with.
        """
        if not row.state.is_terminal or not (row.plan.get("left") or "wantsJoint" in row.plan):
            return None
        found = self.ledger.runs_of_cohort(row.cohort_id)
        runs = [self._as_it_is(run) for run in found if run.project == row.project]
        if not all(run.state.is_terminal for run in runs):
            return None
        return end_of_execution(row, runs)

    def _identified(self, run: RunRow) -> RunRow:
        """The run with its sample and cohort, even if validation has not recorded them."""
        if run.sample_id or run.subject:
            return run
        identity = self.find_identity(run.run_id)
        self.ledger.identify_run(run.run_id, identity)
        return replace(
            run,
            sample_id=identity.sample_id,
            cohort_id=identity.cohort_id,
            cohort_size=identity.cohort_size,
            project=identity.project,
        )

    def _ended_cohort(self, cohort_id: str) -> EndedCohort | None:
        """The cohort's end from the table, because the index may lack the last ends.

        While a cohort is running, one of its newest runs is: the others need not be read.
        """
        newest = self.ledger.newest_runs(RunFilter(cohort_id=cohort_id), Cursor(), _NEWEST)
        if not all(self._as_it_is(run).state.is_terminal for run in newest):
            return None
        runs = self.ledger.runs_of_cohort(cohort_id)
        return ended_cohort(cohort_id, map(self._as_it_is, runs))

    def _as_it_is(self, run: RunRow) -> RunRow:
        return run if run.state.is_terminal else self.ledger.run(run.run_id)

    def _is_claimed(self, key: NotificationId) -> bool:
        notification = self.ledger.notification(key)
        return notification is not None and not notification.is_open

    def _notify(
        self, key: NotificationId, compose: Callable[[], Notification], now: datetime
    ) -> NotificationOutcome:
        if self._is_claimed(key):
            return NotificationOutcome.CLAIMED
        message = compose()
        self.bus.put(message)
        if not self.ledger.claim_notification(key, utc_text(now)):
            return NotificationOutcome.CLAIMED
        try:
            message_id = self.topic.publish(message)
        except MessageRefusedError:
            self.ledger.release_notification(key, utc_text(now))
            raise
        if not message_id:
            return NotificationOutcome.UNSURE
        self.ledger.confirm_notification(key, message_id)
        return NotificationOutcome.SENT


def notify_run_end(
    ended: RunRow, caught: Failure | None, ledger: Ledger, notifier: Notifier, now: datetime
) -> tuple[bool, NotificationOutcome, NotificationOutcome]:
    """Close a run whose execution has ended, and send its notification, and its cohort's if that
    ended too.

    `finish_run` or `stop_jobs` may have closed the run already: the first call closes it.

    Returns:
        True if this call closed the run, and the outcomes of the run's and cohort's notifications.
    """
    if caught is None:
        failure, closed_now = None, ledger.finish_run(ended)
    else:
        failure, closed_now = record_run_failure(ended, caught, ledger)
    known = ledger.run(ended.run_id)
    if known.execution_arn != ended.execution_arn:  # another workflow's execution of the same name
        return False, NotificationOutcome.NOT_ENDED, NotificationOutcome.NOT_ENDED
    outcome = notifier.notify_run(replace(ended, failure=failure), now)
    cohort_id = ledger.run(ended.run_id).cohort_id
    cohort = notifier.notify_cohort(cohort_id, now) if cohort_id else NotificationOutcome.NOT_ENDED
    return closed_now, outcome, cohort

"""Send the notifications that are missing because an event was lost or its handler died."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seqstack.domain.notification_content import run_notification_id
from seqstack.domain.notifications import NotificationId, NotificationRecord
from seqstack.domain.records import RunHistory, utc_text
from seqstack.use_cases.notify_run_end import NotificationOutcome, Notifier

_FOR_ITS_EVENT = timedelta(minutes=15)  # with Lambda's two retries of a failed call
UNKNOWN_MESSAGE_ID = "unknown"


@dataclass(slots=True)
class NotificationSweep:
    """The notifications that one sweep checks.

    `sent` counts the notifications that this sweep sent. `unsure` are those whose sender died: the
    message may have been sent, so it is not sent again.
    """

    notifier: Notifier
    now: datetime
    sent: int = 0
    unsure: list[NotificationId] = field(default_factory=list)
    _cohorts: set[str] = field(default_factory=set)

    def look_at(self, history: RunHistory) -> None:
        """Send the notification of a run's end if it is missing; remember the cohort."""
        run = history.run
        if not run.state.is_terminal:
            return
        if run.cohort_id:
            self._cohorts.add(run.cohort_id)
        key = run_notification_id(run)
        notification = next((one for one in history.notifications if one.id == key), None)
        if notification is not None and not notification.is_open:
            self._check(notification)
        elif run.ended_at < self._a_while_ago:
            self._count(key, self.notifier.notify_run(run, self.now))

    def look_at_cohorts(self) -> None:
        """Send missing notifications of the ends of the cohorts of the checked runs."""
        for cohort_id in sorted(self._cohorts):
            key = self.notifier.cohort_end(cohort_id)
            notification = self.notifier.ledger.notification(key)
            if notification is not None and not notification.is_open:
                self._check(notification)
            else:
                self._count(key, self.notifier.notify_cohort(cohort_id, self.now))

    @property
    def _a_while_ago(self) -> str:
        return utc_text(self.now - _FOR_ITS_EVENT)

    def _check(self, notification: NotificationRecord) -> None:
        """Report, once, a claim whose holder must have died."""
        if not notification.message_id and notification.claimed_at < self._a_while_ago:
            self.notifier.ledger.confirm_notification(notification.id, UNKNOWN_MESSAGE_ID)
            self.unsure.append(notification.id)

    def _count(self, key: NotificationId, outcome: NotificationOutcome) -> None:
        self.sent += outcome is NotificationOutcome.SENT
        if outcome is NotificationOutcome.UNSURE:
            self.notifier.ledger.confirm_notification(key, UNKNOWN_MESSAGE_ID)
            self.unsure.append(key)

"""Amazon SNS and EventBridge as `notify_run_end` and `sweep_runs` meet them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.cohorts import RunIdentity
from seqstack.domain.errors import MessageRefusedError, TransientServiceError
from seqstack.domain.notification_content import Notification
from seqstack.domain.notifications import NotificationId
from seqstack.use_cases.notify_run_end import Notifier
from tests.integration.histories.calls import Stage

COHORT, COHORT_SIZE = "trio-7", 2


@dataclass
class SentNotifications:
    """The number of notifications of each end, to people and to programs."""

    stage: Stage
    messages: Counter[NotificationId] = field(default_factory=Counter)
    events: Counter[NotificationId] = field(default_factory=Counter)

    def notifier(self, _settings: Any, ledger: Any) -> Notifier:
        """What `seqstack.wiring.notifications` makes."""
        return Notifier(ledger, self, self, _identity, "dev")

    def publish(self, message: Notification) -> str:
        """Publish one message; a fault does what `NotificationTopic` makes of it."""
        try:
            self.stage.function(self.messages.update)([message.id])
        except TransientServiceError as error:
            if "connection lost" in str(error):
                return ""
            raise MessageRefusedError(str(error)) from error
        return f"message-{self.messages.total()}"

    def put(self, message: Notification) -> None:
        """Put one event."""
        self.stage.function(self.events.update)([message.id])


def _identity(run_id: str) -> RunIdentity:
    return RunIdentity(run_id, COHORT, COHORT_SIZE)

"""Amazon SNS and EventBridge as `notify_run_end` and `sweep_runs` meet them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from seqstack.domain.end_message import EndMessage
from seqstack.domain.ends import RunIdentity
from seqstack.domain.errors import MessageRefusedError, TransientServiceError
from seqstack.domain.notices import EndId
from seqstack.use_cases.notify_run_end import Announcer
from tests.integration.histories.calls import Stage

COHORT, COHORT_SIZE = "trio-7", 2


@dataclass
class Told:
    """How often each end was told, to people and to programs."""

    stage: Stage
    messages: Counter[EndId] = field(default_factory=Counter)
    events: Counter[EndId] = field(default_factory=Counter)

    def announcer(self, ledger: Any) -> Announcer:
        """What `seqstack.wiring` makes."""
        return Announcer(ledger, self, self, _identity, "dev")

    def publish(self, message: EndMessage) -> str:
        """Publish one message; a fault does what `EndTopic` makes of it."""
        try:
            self.stage.function(self.messages.update)([message.end])
        except TransientServiceError as error:
            if "connection lost" in str(error):
                return ""
            raise MessageRefusedError(str(error)) from error
        return f"message-{self.messages.total()}"

    def put(self, message: EndMessage) -> None:
        """Put one event."""
        self.stage.function(self.events.update)([message.end])


def _identity(run_id: str) -> RunIdentity:
    return RunIdentity(run_id, COHORT, COHORT_SIZE)

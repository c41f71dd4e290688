"""Notifications of the end of runs and cohorts, each sent once: their ids and their records."""

from dataclasses import dataclass
from enum import StrEnum


class NotificationKind(StrEnum):
    """What has ended."""

    RUN = "run"
    COHORT = "cohort"


@dataclass(frozen=True, slots=True)
class NotificationId:
    """The run or cohort that has ended; a redriven run ends again."""

    kind: NotificationKind
    name: str
    redrive: int = 0

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}/{self.redrive}"


@dataclass(frozen=True, slots=True)
class NotificationRecord:
    """The claim of a notification, with its time and the id of the message.

    `message_id` is empty until the message is known to be sent. `is_open` says that the message was
    refused, so that the next call may send it.
    """

    id: NotificationId
    claimed_at: str
    message_id: str = ""
    is_open: bool = False

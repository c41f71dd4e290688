"""Ends that people are told of, each once: which one, and who took on to tell of it."""

from dataclasses import dataclass
from enum import StrEnum


class EndKind(StrEnum):
    """What has ended."""

    RUN = "run"
    COHORT = "cohort"


@dataclass(frozen=True, slots=True)
class EndId:
    """Which end: of which run or cohort; a run that is redriven ends once more."""

    kind: EndKind
    name: str
    redrive: int = 0

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}/{self.redrive}"


@dataclass(frozen=True, slots=True)
class Notice:
    """That somebody took on to tell of an end, when, and as which message.

    `message_id` is empty until the message is known to be out. `is_open` says that it was refused,
    so that the next caller takes it on.
    """

    end: EndId
    claimed_at: str
    message_id: str = ""
    is_open: bool = False

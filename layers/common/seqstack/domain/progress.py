"""A running job's progress, as its container writes it to a line of the log."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from seqstack.domain.json_text import read_json

PROGRESS_SECONDS = 60.0
"""The shortest time between two lines of a job."""
FRESH_SECONDS = 150.0
"""A line that is older says nothing about the present: the next one is missing."""
PROGRESS_WORD = "PROGRESS"
"""The word that CloudWatch Logs finds the lines by."""

# Only the container's own lines have this form: lines of tools begin with the tool's name.
_LINE = re.compile(rf"\S+Z {PROGRESS_WORD} (\{{.{{0,400}}\}})")
_MOST = 10**15


class Phase(StrEnum):
    """What a job does."""

    STAGE_IN = "stageIn"
    CHECK_REFERENCE = "checkReference"
    CHECK_INPUT = "checkInput"
    RUN = "run"
    STAGE_OUT = "stageOut"


class Unit(StrEnum):
    """What is counted."""

    BYTES = "bytes"
    READS = "reads"
    WINDOWS = "windows"


@dataclass(frozen=True, slots=True)
class Counted:
    """`done` of `total`; a total is None if it is unknown, and may be an estimate."""

    unit: Unit
    done: int
    total: int | None
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job was.

    Attributes:
        phase: what it did.
        counted: how much of that was done; None if nothing is counted.
        per_second: the mean rate in this phase; None if unknown.
        seconds_left: estimate of the time to the end of what is counted, not of the job; None if
            too little is known.
        at: when, in milliseconds since the epoch; 0 before the log has recorded it.
    """

    phase: Phase
    counted: Counted | None = None
    per_second: float | None = None
    seconds_left: int | None = None
    at: int = 0

    def as_message(self) -> str:
        """The log line without its time."""
        document: dict[str, Any] = {"phase": self.phase}
        if self.counted:
            document |= {
                "unit": self.counted.unit,
                "done": self.counted.done,
                "total": self.counted.total,
                "isEstimate": self.counted.is_estimate,
                "perSecond": self.per_second,
                "secondsLeft": self.seconds_left,
            }
        return f"{PROGRESS_WORD} {json.dumps(document)}"

    @classmethod
    def from_log(cls, line: str, at: int) -> Self | None:
        """Read a line that was written at a time, in milliseconds; None if it is another line."""
        found = _LINE.fullmatch(line.rstrip())
        if not found:
            return None
        try:
            document = read_json(found[1])
            counted = _counted(document) if "unit" in document else None
            return cls(
                Phase(document["phase"]),
                counted,
                _optional(document.get("perSecond")),
                _optional_count(document.get("secondsLeft")),
                at,
            )
        except (KeyError, TypeError, ValueError):
            return None

    def seen_at(self, now: int) -> Self:
        """The same as seen at a later time, in milliseconds: less time is left, or none known."""
        if self.seconds_left is None:
            return self
        left = self.seconds_left - max(0, now - self.at) // 1000
        return replace(self, seconds_left=left if left > 0 else None)


def without_progress(lines: Iterable[str]) -> list[str]:
    """The lines of a log without those of progress."""
    return [line for line in lines if not _LINE.fullmatch(line.rstrip())]


def _counted(document: dict[str, Any]) -> Counted:
    done, total = _count(document["done"]), _optional_count(document["total"])
    if total is not None and done > total:
        raise ValueError("more is done than there is")
    return Counted(Unit(document["unit"]), done, total, document["isEstimate"] is True)


def _optional(value: object) -> float | None:
    return None if value is None else float(_number(value))


def _optional_count(value: object) -> int | None:
    return None if value is None else _count(value)


def _count(value: object) -> int:
    number = _number(value)
    if not isinstance(number, int):
        raise TypeError(f"{value!r} is not a whole number")
    return number


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    if not 0 <= value <= _MOST:
        raise ValueError(f"{value!r} is out of range")
    return value

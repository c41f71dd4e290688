"""A job's usage as measured by its container, and its line in the log."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from seqstack.domain.json_text import read_json

# Only the container's own lines have this form: lines of tools begin with the tool's name.
_LINE = re.compile(r"\S+Z USAGE (\{.*\})")


class MeasuredBy(StrEnum):
    """How peak memory and CPU time were measured."""

    CGROUP = "cgroup"  # the container's control group
    PROCESSES = "processes"  # the job's process tree


@dataclass(frozen=True, slots=True)
class Usage:
    """The usage of one Batch attempt.

    `peak_memory_bytes` is the peak memory without the page cache. `s3_reads` and `s3_writes` count
    the requests to S3 by price: reads are GET and HEAD, writes PUT, POST, COPY and LIST.
    """

    peak_memory_bytes: int
    cpu_seconds: float
    measured_by: MeasuredBy
    s3_reads: int = 0
    s3_writes: int = 0

    def as_document(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "peakMemoryBytes": self.peak_memory_bytes,
            "cpuSeconds": round(self.cpu_seconds, 3),
            "measuredBy": self.measured_by,
            "s3Reads": self.s3_reads,
            "s3Writes": self.s3_writes,
        }

    def as_message(self) -> str:
        """The log line without its time."""
        return f"USAGE {json.dumps(self.as_document())}"

    @classmethod
    def from_log(cls, lines: Iterable[str]) -> Self | None:
        """The last usage in the lines, or None."""
        for line in reversed(list(lines)):
            found = _LINE.fullmatch(line.rstrip())
            if found:
                return cls._parse(found[1])
        return None

    @classmethod
    def _parse(cls, text: str) -> Self | None:
        try:
            document = read_json(text)
            return cls(
                _count(document["peakMemoryBytes"]),
                float(_number(document["cpuSeconds"])),
                MeasuredBy(document["measuredBy"]),
                _count(document["s3Reads"]),
                _count(document["s3Writes"]),
            )
        except (KeyError, TypeError, ValueError):
            return None


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return value


def _count(value: object) -> int:
    return int(_number(value))


def without_usage(lines: Iterable[str]) -> list[str]:
    """The lines of a log without the usage."""
    return [line for line in lines if not _LINE.fullmatch(line.rstrip())]

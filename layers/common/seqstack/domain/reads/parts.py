"""Parts of a sample's reads, which are aligned side by side."""

import re
from dataclasses import dataclass
from typing import Self

from seqstack.domain.sequencing import Sequencing
from seqstack.domain.words import StepName

PART_OPTION, PARTS_OPTION = "--part", "--parts"
GIB = 1 << 30
MAX_PARTS = 32
"""A job that joins them gets an argument of 85 characters for each (`MAX_COMMAND_CHARACTERS`)."""

# About 40 million reads of 150 bases: 45 minutes on 16 vCPUs, after the part has been reached.
_BYTES_PER_PART = 4 * GIB
_LEAST_BY_DEFAULT = 4

_PART = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_STEP = re.compile(r"(?P<whole>[a-z][A-Za-z0-9]*)Part(?P<number>[1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class Part:
    """One of `count` parts; `number` is from 1."""

    number: int
    count: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse `3/16`.

        Raises:
            ValueError: it is no part.
        """
        found = _PART.fullmatch(text)
        if not found or int(found[1]) > int(found[2]):
            raise ValueError(f"{text!r} is no part, such as 3/16")
        return cls(int(found[1]), int(found[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def bam(self) -> str:
        """The object with its alignments, in the folder of the run's BAM."""
        return f"parts/part{self.number}.bam"

    def number_at(self, position: int, total: int) -> int:
        """The part that the byte at `position` of `total` bytes belongs to."""
        return position * self.count // total + 1


def all_parts(count: int) -> tuple[Part, ...]:
    """All parts of a whole."""
    return tuple(Part(number, count) for number in range(1, count + 1))


type Asked = bool | int | None
"""What a run's input says: a number, True for one by the size, False for one job; or nothing."""


def number_of_parts(asked: Asked, input_bytes: int, sequencing: Sequencing | None) -> int:
    """The number of parts in which reads of this size are aligned; 1 to align them at once.

    Args:
        asked: None for the default: by the size if that gives several, and not for an exome.
        input_bytes: of the gzipped FASTQ files.
        sequencing: what was sequenced, if it is known.
    """
    by_size = min(max(1, round(input_bytes / _BYTES_PER_PART)), MAX_PARTS)
    match asked:
        case True:
            return max(2, by_size)
        case False:
            return 1
        case None:
            is_small = by_size < _LEAST_BY_DEFAULT or sequencing is Sequencing.EXOME
            return 1 if is_small else by_size
        case number:
            return number


def part_step(whole: StepName, number: int) -> StepName:
    """The name of the step that does part `number` of the work of the step `whole`."""
    return f"{whole}Part{number}"


def whole_step(step: StepName) -> tuple[StepName, int] | None:
    """The step that a step does a part of, and the part's number; None for a whole step."""
    found = _STEP.fullmatch(step)
    return (found["whole"], int(found["number"])) if found else None


def whole_name(step: StepName) -> StepName:
    """The step that a step does a part of, or itself."""
    part = whole_step(step)
    return part[0] if part else step

"""Parts of a sample's reads, which are aligned side by side."""

import re
from dataclasses import dataclass
from typing import Self

from seqstack.domain.s3uri import S3Uri

PART_OPTION, PARTS_OPTION = "--part", "--parts"
MAX_PARTS = 32
"""A job that joins them gets an argument of 85 characters for each (`MAX_COMMAND_CHARACTERS`)."""

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


def part_step(whole: str, number: int) -> str:
    """The name of the step that does part `number` of the work of the step `whole`."""
    return f"{whole}Part{number}"


def whole_step(step: str) -> tuple[str, int] | None:
    """The step that a step does a part of, and the part's number; None for a whole step."""
    found = _STEP.fullmatch(step)
    return (found["whole"], int(found["number"])) if found else None


def is_of_part(step: str, uri: S3Uri | str) -> bool:
    """True for what a part has made, which only the step that joins the parts reads.

    False for the part's provenance, which tells how the whole was made.
    """
    return whole_step(step) is not None and not str(uri).endswith(f"/provenance/{step}.json")


def whole_name(step: str) -> str:
    """The step that a step does a part of, or itself."""
    part = whole_step(step)
    return part[0] if part else step

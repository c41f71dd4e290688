"""What the header of a BAM or CRAM file says: contigs and read groups."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from seqstack.domain.numbers import whole_number

_SAMPLE, _ID, _LIBRARY = "SM", "ID", "LB"


@dataclass(frozen=True, slots=True)
class GivenReadGroup:
    """A read group as an input's header has it: the whole @RG line, and three of its fields."""

    line: str
    id: str
    sample: str
    library: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read a line of SAM's header; fields that it lacks are empty."""
        fields = dict(field.split(":", 1) for field in line.split("\t")[1:] if ":" in field)
        return cls(line, *(fields.get(key, "") for key in (_ID, _SAMPLE, _LIBRARY)))

    def header_line(self, sample: str) -> str:
        """The line for a result of this sample; all its other fields stay as they are."""
        kept = [field for field in self.line.split("\t") if not field.startswith(f"{_SAMPLE}:")]
        return "\t".join([*kept, f"{_SAMPLE}:{sample}"])


@dataclass(frozen=True, slots=True)
class SamHeader:
    """Length by contig, and read groups, each in the header's order (SAM specification, 1.3)."""

    contigs: Mapping[str, int]
    groups: tuple[GivenReadGroup, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a header's lines; a contig without a readable length is left out."""
        contigs, groups = {}, []
        for line in text.splitlines():
            kind, *fields = line.split("\t")
            if kind == "@SQ":
                tags = dict(field.split(":", 1) for field in fields if ":" in field)
                with suppress(KeyError, ValueError):
                    contigs[tags["SN"]] = whole_number(tags["LN"])
            elif kind == "@RG":
                groups.append(GivenReadGroup.parse(line))
        return cls(contigs, tuple(groups))

    @property
    def samples(self) -> frozenset[str]:
        """Every sample that a read group names."""
        return frozenset(group.sample for group in self.groups if group.sample)

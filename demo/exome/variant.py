"""A small variant, its edit of the reference, and its equivalent places."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Edit:
    """Bases `start` to `end` (0-based, half-open) of the reference, replaced by `inserted`."""

    start: int
    end: int
    inserted: str

    @property
    def shift(self) -> int:
        """By how many bases the sequence grows."""
        return len(self.inserted) - (self.end - self.start)

    def leftmost(self, chromosome: str) -> "Edit":
        """The equivalent insertion or deletion that starts first; a substitution stays."""
        start, end, bases = self.start, self.end, self.inserted
        if bases and start == end:
            while start > 1 and chromosome[start - 1] == bases[-1]:
                start, bases = start - 1, bases[-1] + bases[:-1]
            return Edit(start, start, bases)
        if not bases:
            while start > 1 and chromosome[start - 1] == chromosome[end - 1]:
                start, end = start - 1, end - 1
        return Edit(start, end, bases)

    def rightmost(self, chromosome: str) -> "Edit":
        """The equivalent insertion or deletion that starts last; a substitution stays."""
        start, end, bases = self.start, self.end, self.inserted
        if bases and start == end:
            while start < len(chromosome) and chromosome[start] == bases[0]:
                start, bases = start + 1, bases[1:] + bases[0]
            return Edit(start, start, bases)
        if not bases:
            while end < len(chromosome) and chromosome[start] == chromosome[end]:
                start, end = start + 1, end + 1
        return Edit(start, end, bases)


@dataclass(frozen=True, slots=True, order=True)
class Variant:
    """One alternative allele as VCF writes it: `pos` is 1-based, indels carry the base before."""

    chrom: str
    pos: int
    ref: str
    alt: str

    @classmethod
    def from_edit(cls, chrom: str, chromosome: str, edit: Edit) -> Self:
        """The VCF form of an edit: left-aligned and, for an indel, anchored."""
        edit = edit.leftmost(chromosome)
        replaced = chromosome[edit.start : edit.end]
        if len(replaced) == len(edit.inserted):
            return cls(chrom, edit.start + 1, replaced, edit.inserted)
        anchor = chromosome[edit.start - 1]
        return cls(chrom, edit.start, anchor + replaced, anchor + edit.inserted)

    @property
    def is_snv(self) -> bool:
        """One base for another."""
        return len(self.ref) == len(self.alt) == 1

    @property
    def edit(self) -> Edit:
        """The edit without the base before."""
        anchored = 0 if self.is_snv else 1
        start = self.pos - 1 + anchored
        return Edit(start, self.pos - 1 + len(self.ref), self.alt[anchored:])

    def __str__(self) -> str:
        return f"{self.chrom}:{self.pos} {self.ref}>{self.alt}"


@dataclass(frozen=True, slots=True)
class Planted:
    """A variant of the sample, and which of its two haplotypes carry it."""

    variant: Variant
    haplotypes: tuple[bool, bool]

    @property
    def genotype(self) -> str:
        """Unphased, as the truth VCF writes it."""
        return "1/1" if all(self.haplotypes) else "0/1"
